package command

import (
	"math"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// fetchSection reads section [partial] behind the name of the item that takes
// it (RFC 9051 §9, RFC 3516 §4.2):
//
//	fetch-att      = "BODY" [".PEEK"] section [partial] /
//	                 "BINARY" [".PEEK"] section-binary [partial] /
//	                 "BINARY.SIZE" section-binary
//	section        = "[" [section-spec] "]"
//	section-binary = "[" [section-part] "]"
//	partial        = "<" number64 "." nz-number64 ">"
func fetchSection(d *wire.Decoder, name []byte, f *imap.FetchItems, o *Options) bool {
	var s imap.FetchSection
	switch string(name) {
	case "BODY":
	case "BODY.PEEK":
		s.Peek = true
	case "BINARY":
		s.Kind = imap.KindBinary
	case "BINARY.PEEK":
		s.Kind, s.Peek = imap.KindBinary, true
	case "BINARY.SIZE":
		s.Kind, s.Peek = imap.KindBinarySize, true
	default:
		return d.Expected("a FETCH item")
	}
	d.ExpectSpecial('[')
	if d.Peek() != ']' && !sectionSpec(d, &s.Section, or(o.Limits.HeaderFields, 1000)-fieldsOf(f), o) {
		return false
	}
	if s.Kind != imap.KindBody && s.Section.Specifier != imap.SpecAll {
		return d.Expected("only part numbers in BINARY[]")
	}
	if !d.ExpectSpecial(']') {
		return false
	}
	if s.Kind != imap.KindBinarySize && d.Peek() == '<' && !partial(d, &s) {
		return false
	}
	return addSection(d, f, s, o)
}

// partial reads <offset.count>.
func partial(d *wire.Decoder, s *imap.FetchSection) (ok bool) {
	p := new(imap.Partial)
	d.ExpectSpecial('<')
	if p.Offset, ok = d.Number64(); !ok || !d.ExpectSpecial('.') {
		return false
	}
	if p.Count, ok = d.NZNumber64(); !ok {
		return false
	}
	s.Partial = p
	return d.ExpectSpecial('>')
}

// fieldsOf counts the header field names of all items.
func fieldsOf(f *imap.FetchItems) (n int) {
	for i := range f.Sections {
		n += len(f.Sections[i].Section.Fields)
	}
	return n
}

// sectionSpec reads section-spec: part numbers and a specifier, joined by dots,
// which are one word to the lexer. No more than mostFields header fields may be
// named.
func sectionSpec(d *wire.Decoder, s *imap.Section, mostFields int, o *Options) bool {
	b, ok := d.Keyword()
	if !ok {
		return false
	}
	for len(b) > 0 && b[0]-'0' < 10 {
		n := uint64(0)
		for len(b) > 0 && b[0]-'0' < 10 {
			if n = n*10 + uint64(b[0]-'0'); n > math.MaxUint32 {
				return d.Expected("a part number")
			}
			b = b[1:]
		}
		if n == 0 {
			return d.Expected("a part number above zero")
		}
		if len(s.Part) == or(o.Limits.PartDepth, 200) {
			d.Fail(wire.OverLimit, "part is nested too deeply")
			return false
		}
		s.Part = append(s.Part, uint32(n))
		if len(b) == 0 {
			return true
		}
		if b[0] != '.' || len(b) == 1 {
			return d.Expected("'.' and more behind a part number")
		}
		b = b[1:]
	}
	switch string(b) {
	case "HEADER":
		s.Specifier = imap.SpecHeader
	case "TEXT":
		s.Specifier = imap.SpecText
	case "MIME":
		s.Specifier = imap.SpecMIME
		return len(s.Part) > 0 || d.Expected("a part number before MIME")
	case "HEADER.FIELDS":
		s.Specifier = imap.SpecHeaderFields
		return headerList(d, s, mostFields)
	case "HEADER.FIELDS.NOT":
		s.Specifier = imap.SpecHeaderFieldsNot
		return headerList(d, s, mostFields)
	default:
		return d.Expected("a section")
	}
	return true
}

// headerList reads SP header-list (RFC 9051 §9).
func headerList(d *wire.Decoder, s *imap.Section, most int) bool {
	if !d.ExpectSP() {
		return false
	}
	ok := d.List(func() bool {
		b, ok := d.AString()
		if !ok {
			return false
		}
		for _, c := range b {
			if c < 0x20 || c >= 0x7f {
				return d.Expected("a header field name of printable ASCII")
			}
		}
		if len(s.Fields) >= most {
			d.Fail(wire.OverLimit, "too many header field names")
			return false
		}
		s.Fields = append(s.Fields, string(b))
		return true
	})
	return ok && (len(s.Fields) > 0 || d.Expected("a header field name"))
}

// ParseSection reads a section-spec that stands alone, as in an IMAP URL (RFC 5092
// §11, enc-section). An empty text is the whole message.
func ParseSection(text string, o Options) (s imap.Section, err error) {
	if text == "" {
		return s, nil
	}
	if strings.ContainsAny(text, "\r\n") {
		return s, &wire.Error{Text: "a section is one line"}
	}
	d := wire.NewDecoder(strings.NewReader(text+"\r\n"), wire.DecoderOptions{Buffers: wire.NewBuffers(256)})
	if err := d.Begin(); err != nil {
		return s, err
	}
	if sectionSpec(d, &s, or(o.Limits.HeaderFields, 1000), &o) && !d.AtEnd() {
		d.Expected("the end of the section")
	}
	return s, d.Err()
}
