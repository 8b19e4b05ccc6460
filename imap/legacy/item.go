package legacy

import (
	"bytes"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Items are the forms of RFC 1730 within commands that later revisions have too, for
// [command.Options]:
//
//	fetch_att_old  ::= "RFC822.HEADER.LINES" [".NOT"] SPACE header_list /
//	                   fetch_text_old
//	fetch_text_old ::= "BODY" [".PEEK"] section_old /
//	                   "RFC822" [".HEADER" / ".TEXT" [".PEEK"]]
//	section_old    ::= "[" (number ["." number]) "]"
//
// The header of a part is that of its message, and has number 0 (RFC 1730 §6.4.5).
type Items struct{}

// FetchItem reads what follows the name of an obsolete item (RFC 2062).
func (Items) FetchItem(d *wire.Decoder, name []byte, mostFields int) (s imap.FetchSection, known, ok bool) {
	switch string(name) {
	case "RFC822.PEEK":
		return imap.FetchSection{Kind: imap.KindRFC822, Peek: true}, true, true
	case "RFC822.TEXT.PEEK":
		return imap.FetchSection{Kind: imap.KindRFC822Text, Peek: true, Section: imap.Section{Specifier: imap.SpecText}}, true, true
	case "RFC822.HEADER.LINES", "RFC822.HEADER.LINES.NOT":
		s = imap.FetchSection{Peek: true, Label: "RFC822.HEADER", Section: imap.Section{Specifier: imap.SpecHeaderFields}}
		if len(name) > len("RFC822.HEADER.LINES") {
			s.Section.Specifier = imap.SpecHeaderFieldsNot
		}
		s.Section.Fields, ok = headerList(d, mostFields)
		return s, true, ok
	case "BODY", "BODY.PEEK":
		return headerPart(d, len(name) > len("BODY"))
	}
	return s, false, false
}

// headerPart reads "[" *(nz_number ".") "0" "]".
func headerPart(d *wire.Decoder, peek bool) (s imap.FetchSection, known, ok bool) {
	rest := d.Upcoming()
	end := bytes.IndexByte(rest, ']')
	if end < 0 || len(rest) == 0 || rest[0] != '[' {
		return s, false, false
	}
	numbers := bytes.Split(rest[1:end], []byte("."))
	if last := numbers[len(numbers)-1]; string(last) != "0" || len(numbers) > mostParts {
		return s, false, false
	}
	s = imap.FetchSection{Peek: peek, Label: "BODY" + string(rest[:end+1]), Section: imap.Section{Specifier: imap.SpecHeader}}
	for _, b := range numbers[:len(numbers)-1] {
		n, ok := number(b)
		if !ok || n == 0 {
			return s, false, false
		}
		s.Section.Part = append(s.Section.Part, n)
	}
	d.Skip(end + 1)
	return s, true, true
}

// mostParts is more than a part can be nested.
const mostParts = 100

// number reads digits that are all of b.
func number(b []byte) (uint32, bool) {
	n := uint32(0)
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint32(c-'0')
	}
	return n, true
}

// headerList reads SPACE header_list.
func headerList(d *wire.Decoder, most int) (fields []string, ok bool) {
	if !d.ExpectSP() {
		return nil, false
	}
	ok = d.List(func() bool {
		b, ok := d.AString()
		if !ok {
			return false
		}
		if len(fields) >= most {
			d.Fail(wire.OverLimit, "too many header field names")
			return false
		}
		fields = append(fields, string(b))
		return true
	})
	return fields, ok && (len(fields) > 0 || d.Expected("a header field name"))
}
