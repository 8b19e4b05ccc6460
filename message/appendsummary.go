package message

import (
	"bytes"
	"encoding/binary"
)

// maxReferences bounds the message ids kept of one field.
const maxReferences = 128

// AppendSummary appends the message's [Summary].
func (m *Message) AppendSummary(dst []byte) []byte {
	base := len(dst)
	dst = append(dst, make([]byte, summaryHead)...)
	w := summaryWriter{dst: dst, base: base}
	e := m.Root.Envelope
	flags := byte(0)
	if m.Truncated {
		flags |= flagTruncated
	}

	w.dst = appendEnvelope(w.dst, e, &w.addresses)
	w.end(secEnvelope)
	w.dst = m.Root.AppendBodyStructure(w.dst, true)
	w.end(secBodyStructure)
	w.parts(m.Root)
	w.end(secParts)
	flags |= w.subject(e.Subject)
	for i, f := range [...][]byte{e.From, e.To, e.Cc, e.Bcc} {
		if !w.addressText(f) {
			flags |= flagUndecodable << (i + 1)
		}
		w.end(secFrom + section(i))
	}
	w.sortKeys(e)
	w.messageIDs(e)
	w.dst = m.AppendPreview(w.dst)
	w.end(secPreview)

	row := w.dst[base:]
	unix, zone, ok := ParseDate(e.Date)
	if ok {
		flags |= flagSentDate
	}
	row[0], row[1] = SummaryVersion, flags
	binary.LittleEndian.PutUint16(row[2:], uint16(int16(zone)))
	binary.LittleEndian.PutUint64(row[8:], uint64(m.Size))
	binary.LittleEndian.PutUint64(row[16:], uint64(m.HeaderSize()))
	binary.LittleEndian.PutUint64(row[24:], uint64(unix))
	binary.LittleEndian.PutUint32(row[4:], summaryChecksum(row))
	return w.dst
}

// summaryWriter writes one section after another and notes where each ends.
type summaryWriter struct {
	dst  []byte
	base int
	prev int64 // header start of the last node written

	addresses addressParser
}

func (w *summaryWriter) end(s section) {
	binary.LittleEndian.PutUint32(w.dst[w.base+summaryTable+4*int(s):], uint32(len(w.dst)-w.base))
}

// parts writes the nodes of the tree in preorder.
func (w *summaryWriter) parts(p *Part) {
	n := node{
		children:    len(p.Children),
		headerStart: p.HeaderStart, bodyStart: p.BodyStart, bodyEnd: p.BodyEnd,
		lines: p.Lines, encoding: ParseEncoding(p.Encoding),
		typ: []byte(p.Type), sub: []byte(p.Subtype),
	}
	switch {
	case p.IsMultipart():
		n.kind = KindMultipart
	case p.IsMessage():
		n.kind = KindMessage
	default:
		charset, _ := p.Param("charset")
		n.charset = []byte(charset)
	}
	w.dst = appendNode(w.dst, &n, w.prev)
	w.prev = p.HeaderStart
	for _, c := range p.Children {
		w.parts(c)
	}
}

// subject writes the subject, as text or octets, and the base subject of what it
// most likely means, and gives its flags.
func (w *summaryWriter) subject(value []byte) (flags byte) {
	start := len(w.dst)
	var decoded, isReply bool
	w.dst, decoded = HeaderText(w.dst, value)
	w.end(secSubject)
	text := w.dst[start:]
	if !decoded {
		flags = flagUndecodable
		text = DecodeHeader(nil, value)
	}
	if w.dst, isReply = AppendBaseSubject(w.dst, text); isReply {
		flags |= flagReplyOrForward
	}
	w.end(secBaseSubject)
	return flags
}

// addressWindow is how far behind the address before, in octets, an address is looked for in
// its field's text: so that a field of very many costs no more than each of them.
const addressWindow = 1 << 10

// addressText writes what a search of an address field looks in: the field's text, or its
// octets, for which decoded is false, and behind line ends what the envelope tells of it and
// that text does not, because of comments, folding or quotes within (RFC 9051 §6.4.4).
func (w *summaryWriter) addressText(value []byte) (decoded bool) {
	start := len(w.dst)
	w.dst, decoded = HeaderText(w.dst, value)
	end := len(w.dst)
	// add writes told unless it stands near, and answers where it ends there.
	add := func(told []byte) int {
		if i := bytes.Index(w.dst[start:min(start+addressWindow, end)], told); i >= 0 {
			return start + i + len(told)
		}
		if !bytes.HasSuffix(w.dst[end:], told) {
			w.dst = append(append(w.dst, '\n'), told...)
		}
		return start
	}
	escaped := bytes.IndexByte(value, '\\') >= 0
	var told []byte
	w.addresses.run(value, func(a *Address) bool {
		if escaped {
			told = DecodeHeader(told[:0], a.Name)
			add(told)
		}
		if a.Complete() {
			told = append(append(append(told[:0], a.Mailbox...), '@'), a.Host...)
			start = add(told)
		}
		return true
	})
	return decoded
}

// sortKeys writes the mailboxes and display names of the first addresses.
func (w *summaryWriter) sortKeys(e *Envelope) {
	first := func(value []byte) (a Address) {
		w.addresses.run(value, func(found *Address) bool {
			a = *found
			return false
		})
		return a
	}
	from := first(e.From)
	display := appendDisplay(nil, &from)
	fromDisplay := len(display)
	w.dst = append(w.dst, from.Mailbox...)
	w.end(secFromMailbox)
	to := first(e.To)
	display = appendDisplay(display, &to)
	w.dst = append(w.dst, to.Mailbox...)
	w.end(secToMailbox)
	cc := first(e.Cc)
	w.dst = append(w.dst, cc.Mailbox...)
	w.end(secCcMailbox)
	w.dst = append(w.dst, display[:fromDisplay]...)
	w.end(secFromDisplay)
	w.dst = append(w.dst, display[fromDisplay:]...)
	w.end(secToDisplay)
}

// appendDisplay appends an address's sort value (RFC 5957 §3).
func appendDisplay(dst []byte, a *Address) []byte {
	start := len(dst)
	if dst = DecodeHeader(dst, a.Name); len(dst) > start {
		return dst
	}
	dst = appendGuessed(dst, a.Mailbox)
	if a.Mailbox != nil && a.Host != nil {
		dst = append(dst, '@')
		dst = appendGuessed(dst, a.Host)
	}
	return dst
}

func (w *summaryWriter) messageIDs(e *Envelope) {
	if ids := MessageIDs(e.MessageID, 1); len(ids) > 0 {
		w.dst = append(w.dst, ids[0]...)
	}
	w.end(secMessageID)
	for i, value := range [...][]byte{e.InReplyTo, e.References} {
		for _, id := range MessageIDs(value, maxReferences) {
			w.dst = appendString(w.dst, id)
		}
		w.end(secInReplyTo + section(i))
	}
}
