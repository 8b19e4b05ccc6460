package message

// How much of a message's texts the parser keeps, in octets as they came, for
// the preview: enough for the styles that stand before the text of an HTML
// mail, and bounded whatever the message.
const (
	samplePlain = 8 << 10
	sampleHTML  = 96 << 10
	sampleTotal = 128 << 10 // of one message
	sampleParts = 32        // of one message
)

// sampler keeps the beginnings of parts while their message is parsed.
type sampler struct {
	part  *Part // whose body passes now; nil where nothing of it is kept
	room  int   // for that part
	used  int
	parts int
}

// begin starts the body of a part. A multipart may turn out to have no parts,
// and to be read as plain text; see [Part.completeEmpty].
func (s *sampler) begin(p *Part) {
	s.part, s.room = nil, 0
	switch {
	case p.IsMultipart():
		s.room = samplePlain
	case p.Type != "text" || p.Disposition == "attachment":
		return
	case p.isMarkup():
		s.room = sampleHTML
	default:
		s.room = samplePlain
	}
	if s.room = min(s.room, sampleTotal-s.used); s.room > 0 && s.parts < sampleParts {
		s.part = p
		s.parts++
	}
}

// end ends the part's body.
func (s *sampler) end() { s.part = nil }

// take keeps what of b is wanted of the part's body.
func (s *sampler) take(b []byte) {
	n := min(len(b), s.room)
	s.part.sample = append(s.part.sample, b[:n]...)
	s.used += n
	if s.room -= n; s.room == 0 {
		s.part = nil
	}
}

// isMarkup says whether tags are to be taken out of the text.
func (p *Part) isMarkup() bool {
	switch p.Subtype {
	case "html", "x-html", "enriched", "richtext":
		return p.Type == "text"
	}
	return false
}

// sampleText gives the text of the part's beginning in UTF-8; ok is false where
// it cannot be decoded.
func (p *Part) sampleText() (text []byte, ok bool) {
	dec, err := transferDecoder(ParseEncoding(p.Encoding))
	if err != nil {
		return nil, false
	}
	text = p.sample
	if dec != nil {
		text = dec.finish(dec.append(make([]byte, 0, len(p.sample)), p.sample))
	}
	charset, _ := p.Param("charset")
	return DecodeCharset(charset, text), true
}
