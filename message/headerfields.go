package message

import "bytes"

// maxFields bounds the fields kept of one header: empty ones take room too.
const maxFields = 1000

// headerFields gathers the fields of one header after another.
type headerFields struct {
	limits    Limits
	truncated bool
	total     int // octets that the headers before this one take

	isMessage bool
	inDigest  bool
	buf       []byte
	fields    []keptField
	seen      [fieldCount]bool
	keeping   bool // the field that lines continue is kept
}

// keptField is the value of a field in headerFields.buf.
type keptField struct {
	id         fieldID
	start, end int
}

// start begins a header: of a message, or of a part, perhaps in a digest.
func (h *headerFields) start(isMessage, inDigest bool) {
	h.isMessage, h.inDigest = isMessage, inDigest
	h.buf, h.fields = h.buf[:0], h.fields[:0]
	h.seen = [fieldCount]bool{}
	h.keeping = false
}

// line takes a line, or the start of one, and says whether it wants the rest.
func (h *headerFields) line(line []byte) bool {
	if isWSP(line[0]) {
		if h.keeping {
			h.more(line)
		}
		return h.keeping
	}
	h.keeping = false
	name := fieldName(line[:min(len(line), longestField)])
	id := identifyField(name)
	if id == fieldNone || id >= fieldDate && !h.isMessage {
		return false
	}
	if id < fieldFrom && h.seen[id] {
		h.truncated = h.truncated || id == fieldSubject
		return false
	}
	if len(h.fields) == maxFields {
		h.truncated = true
		return false
	}
	h.seen[id] = true
	h.keeping = true
	h.fields = append(h.fields, keptField{id, len(h.buf), len(h.buf)})
	h.more(line[bytes.IndexByte(line, ':')+1:])
	return true
}

// more adds to the value of the current field, within the limits.
func (h *headerFields) more(b []byte) {
	f := &h.fields[len(h.fields)-1]
	room := min(h.limits.FieldBytes-(f.end-f.start), h.limits.PartHeaderBytes-len(h.buf), h.limits.HeaderBytes-h.total-len(h.buf))
	if len(b) > room {
		h.truncated = true
		b = b[:max(room, 0)]
	}
	h.buf = append(h.buf, b...)
	f.end = len(h.buf)
}

// fill puts what was gathered into the part; the part keeps no reference to
// the gathered bytes.
func (h *headerFields) fill(part *Part) {
	h.total += len(h.buf)
	if h.isMessage {
		part.Envelope = h.envelope()
		h.total += addressCost * h.separators()
	}
	part.Encoding = "7bit"
	for _, f := range h.fields {
		value := h.buf[f.start:f.end]
		switch f.id {
		case fieldContentType:
			parseContentType(part, value)
		case fieldEncoding:
			part.Encoding = parseEncodingName(value)
		case fieldContentID:
			part.ID = unfolded(value)
		case fieldDescription:
			part.Description = unfolded(value)
		case fieldMD5:
			part.MD5 = unfolded(value)
		case fieldLocation:
			part.Location = parseLocation(value)
		case fieldDisposition:
			part.Disposition, part.DispositionParams = parseDisposition(value)
		case fieldLanguage:
			part.Language = parseLanguage(value)
		}
	}
	if part.Type == "" {
		part.Type, part.Subtype, part.Params = "text", "plain", defaultParams()
		if h.inDigest && !h.seen[fieldContentType] {
			part.Type, part.Subtype, part.Params = "message", "rfc822", nil // RFC 2046 §5.1.5
		}
	}
	if part.Type == "text" {
		if _, ok := part.Param("charset"); !ok { // RFC 2046 §4.1.2; Dovecot says so too
			part.Params = append(part.Params, defaultParams()...)
		}
	}
}

// addressCost is what an address of one letter takes in the envelope, three
// times where From stands for Sender and Reply-To too. Counting it with what is
// kept bounds the envelopes of many small messages in one.
const addressCost = 100

// separators counts what can make an address in the address fields.
func (h *headerFields) separators() int {
	n := 0
	for _, f := range h.fields {
		if f.id >= fieldFrom {
			value := h.buf[f.start:f.end]
			n += bytes.Count(value, []byte{','}) + bytes.Count(value, []byte{';'}) + bytes.Count(value, []byte{':'})
		}
	}
	return n
}

func unfolded(value []byte) []byte { return appendUnfolded([]byte{}, value) }

// envelope copies the envelope's fields out of buf with one allocation.
func (h *headerFields) envelope() *Envelope {
	size := 0
	for _, f := range h.fields {
		if f.id >= fieldDate {
			size += f.end - f.start + 1
		}
	}
	e := &Envelope{}
	mem := make([]byte, 0, size)
	for id := fieldDate; id < fieldCount; id++ {
		if !h.seen[id] {
			continue
		}
		start := len(mem)
		for _, f := range h.fields {
			if f.id == id {
				if len(mem) > start {
					mem = append(mem, ',')
				}
				mem = append(mem, h.buf[f.start:f.end]...)
			}
		}
		*e.field(id) = mem[start:len(mem):len(mem)]
	}
	return e
}

func (e *Envelope) field(id fieldID) *[]byte {
	switch id {
	case fieldDate:
		return &e.Date
	case fieldSubject:
		return &e.Subject
	case fieldInReplyTo:
		return &e.InReplyTo
	case fieldMessageID:
		return &e.MessageID
	case fieldReferences:
		return &e.References
	case fieldFrom:
		return &e.From
	case fieldSender:
		return &e.Sender
	case fieldReplyTo:
		return &e.ReplyTo
	case fieldTo:
		return &e.To
	case fieldCc:
		return &e.Cc
	default:
		return &e.Bcc
	}
}
