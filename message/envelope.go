package message

// Envelope holds the header fields that the ENVELOPE item is made of, as they
// stand in the header, still folded. A nil field is absent. Repeated address
// fields are joined by commas, so that no address can hide behind another; of
// the other fields the first counts.
type Envelope struct {
	Date, Subject, InReplyTo, MessageID, References []byte

	From, Sender, ReplyTo, To, Cc, Bcc []byte
}

// maxAddresses bounds each address list of an envelope.
const maxAddresses = 10000

// AppendEnvelope appends the ENVELOPE of e in wire form, with its parentheses
// (RFC 9051 §7.5.2, RFC 3501 §7.4.2). Sender and Reply-To default to From.
// Encoded-words stay as they are; 8-bit text goes as literals.
func AppendEnvelope(dst []byte, e *Envelope) []byte {
	var p addressParser
	return appendEnvelope(dst, e, &p)
}

// appendEnvelope is [AppendEnvelope] with the parser to be used.
func appendEnvelope(dst []byte, e *Envelope, p *addressParser) []byte {
	w := envelopeWriter{dst: append(dst, '('), parser: p}
	w.text(e.Date)
	w.dst = append(w.dst, ' ')
	w.text(e.Subject)
	w.dst = append(w.dst, ' ')
	from := len(w.dst)
	w.addresses(e.From)
	fromEnd := len(w.dst)
	for _, f := range [...][]byte{e.Sender, e.ReplyTo} {
		w.dst = append(w.dst, ' ')
		if !w.addresses(f) {
			w.dst = append(w.dst[:len(w.dst)-len("NIL")], w.dst[from:fromEnd]...)
		}
	}
	for _, f := range [...][]byte{e.To, e.Cc, e.Bcc} {
		w.dst = append(w.dst, ' ')
		w.addresses(f)
	}
	w.dst = append(w.dst, ' ')
	w.text(e.InReplyTo)
	w.dst = append(w.dst, ' ')
	w.text(e.MessageID)
	return append(w.dst, ')')
}

type envelopeWriter struct {
	dst    []byte
	line   []byte
	parser *addressParser
}

// text writes an unfolded nstring.
func (w *envelopeWriter) text(value []byte) {
	if value == nil {
		w.dst = append(w.dst, "NIL"...)
		return
	}
	w.line = appendUnfolded(w.line[:0], value)
	w.dst = appendIMAPString(w.dst, w.line)
}

// addresses writes an address list, NIL where there is no address; it says
// whether there was one. No more than maxAddresses are written.
func (w *envelopeWriter) addresses(value []byte) bool {
	start, count, inGroup := len(w.dst), 0, false
	w.parser.run(value, func(a *Address) bool {
		if len(w.dst) == start {
			w.dst = append(w.dst, '(')
		}
		count++
		if a.Host == nil {
			inGroup = a.Mailbox != nil
		}
		w.address(a)
		if count >= maxAddresses && inGroup {
			w.address(&Address{}) // a group must be ended
		}
		return count < maxAddresses
	})
	if len(w.dst) == start {
		w.dst = append(w.dst, "NIL"...)
		return false
	}
	w.dst = append(w.dst, ')')
	return true
}

func (w *envelopeWriter) address(a *Address) {
	w.dst = append(w.dst, '(')
	w.dst = appendNString(w.dst, a.Name)
	w.dst = append(w.dst, ' ')
	w.dst = appendNString(w.dst, a.Route)
	w.dst = append(w.dst, ' ')
	w.dst = appendNString(w.dst, a.Mailbox)
	w.dst = append(w.dst, ' ')
	w.dst = appendNString(w.dst, a.Host)
	w.dst = append(w.dst, ')')
}
