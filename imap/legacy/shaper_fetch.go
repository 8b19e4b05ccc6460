package legacy

import (
	"bytes"
	"strconv"

	"github.com/restante/restante/imap"
)

// mostField bounds the header fields of a message that are gathered to give the value
// of a key.
const mostField = 2 << 20

// nameOctet takes an octet of an item's name, which may have header fields in
// brackets.
func (s *Shaper) nameOctet(c byte) {
	switch {
	case s.quoted:
		s.quoted = c != '"'
	case s.bracket && c == '"':
		s.quoted = true
	case c == '[':
		s.bracket = true
	case c == ']':
		s.bracket = false
	case s.bracket:
	case c == ' ' && len(s.in) == 0:
		s.out = append(s.out, c)
		return
	case c == ' ':
		s.named()
		return
	case c == ')':
		s.out = append(append(s.out, s.in...), c)
		s.in = s.in[:0]
		s.state, s.depth = inRest, 0
		return
	}
	s.in = append(s.in, c)
}

// named passes on the name of an item.
func (s *Shaper) named() {
	s.name = string(s.in)
	s.in = s.in[:0]
	s.state = inValue
	if s.name == "RFC822.SIZE" && s.key("SIZE") != nil {
		if s.Fetch.Size {
			s.out = append(s.out, "RFC822.SIZE "...)
			return
		}
		s.name = "SIZE"
	}
	s.out = append(append(s.out, s.name...), ' ')
}

// key gives the key of a name, if the command asked for it.
func (s *Shaper) key(name string) *Key {
	if s.Fetch == nil {
		return nil
	}
	for i := range s.Fetch.Keys {
		if s.Fetch.Keys[i].Name == name {
			return &s.Fetch.Keys[i]
		}
	}
	return nil
}

// field gives the key of the current item, if its value is made of header fields.
func (s *Shaper) field() *Key {
	if k := s.key(s.name); k != nil && k.Field && s.depth == 1 {
		return k
	}
	return nil
}

// valueOctet takes an octet of a value that is not one of a string.
func (s *Shaper) valueOctet(c byte) {
	switch c {
	case '"':
		s.state = inQuoted
		return
	case '{':
		s.in = append(s.in, c)
		s.state = inAnnouncement
		return
	case '(':
		s.depth++
	case ')':
		if s.depth == 4 && s.name == "ENVELOPE" && s.dialect == IMAP3 {
			s.out = append(s.out, " NIL"...) // the comment of an address (RFC 1203)
		}
		if s.depth--; s.depth == 0 {
			s.endSize()
			s.out = append(s.out, c)
			s.state = inRest
			return
		}
	case ' ':
		if s.depth == 1 {
			s.endSize()
			s.state = inName
		}
	default:
		if s.depth == 1 && s.sizeTwice() {
			s.in = append(s.in, c)
		}
	}
	s.out = append(s.out, c)
}

// sizeTwice reports whether the current item is to be told as SIZE again.
func (s *Shaper) sizeTwice() bool { return s.name == "RFC822.SIZE" && s.key("SIZE") != nil }

// endSize tells the size that was told as RFC822.SIZE as SIZE, where both are wanted.
func (s *Shaper) endSize() {
	if s.sizeTwice() {
		s.out = append(append(s.out, " SIZE "...), s.in...)
	}
	s.in = s.in[:0]
}

// quotedOctet takes an octet of a quoted string.
func (s *Shaper) quotedOctet(c byte) {
	if c != '"' || escaped(s.in) {
		s.in = append(s.in, c)
		return
	}
	text := unescape(s.in)
	s.in = s.in[:0]
	s.state = inValue
	if s.name == "INTERNALDATE" && s.depth == 1 {
		if t, ok := imap.ParseDateTime(text); ok {
			s.out = appendDateTime(s.out, t)
			return
		}
	}
	if s.field() != nil {
		s.out = s.appendField(s.out, text)
		return
	}
	s.out = appendString(s.out, text, s.dialect)
}

// escaped reports whether the text ends with a backslash that takes the meaning from
// what follows.
func escaped(text []byte) bool {
	n := len(text) - len(bytes.TrimRight(text, `\`))
	return n%2 == 1
}

// unescape takes the escapes out of a quoted string, in place.
func unescape(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out = append(out, text[i])
	}
	return out
}

// announced goes on with the literal that was announced.
func (s *Shaper) announced() {
	n, is := announcement(s.in)
	head := s.in
	s.in = s.in[:0]
	s.state, s.left, s.after = inLiteral, n, inValue
	if s.gather = is && n <= mostField && s.field() != nil; !s.gather {
		s.out = append(s.out, head...)
	}
	s.literal(nil)
}

// appendString writes a string. A quoted one of RFC 1176 has at least one character
// and none that would need an escape, nor "{" or "%".
func appendString(dst, text []byte, d Dialect) []byte {
	plain := len(text) > 0 || d == IMAP2bis
	for _, c := range text {
		switch c {
		case '"', '\\', '\r', '\n', 0:
			plain = false
		case '{', '%':
			plain = plain && d == IMAP2bis
		}
	}
	if plain {
		return append(append(append(dst, '"'), text...), '"')
	}
	dst = strconv.AppendInt(append(dst, '{'), int64(len(text)), 10)
	return append(append(dst, "}\r\n"...), text...)
}

// appendField writes the value of the current key from the header fields that were
// found: a string, several in parentheses, or NIL (RFC 1203).
func (s *Shaper) appendField(dst, header []byte) []byte {
	k := s.field()
	values := fieldValues(header)
	switch {
	case len(values) == 0 || k == nil:
		return append(dst, "NIL"...)
	case len(values) == 1:
		return appendString(dst, k.cut(values[0]), s.dialect)
	}
	dst = append(dst, '(')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendString(dst, k.cut(v), s.dialect)
	}
	return append(dst, ')')
}

// cut gives the octets that are wanted of a value.
func (k *Key) cut(v []byte) []byte {
	if k.To == 0 {
		return v
	}
	n := uint32(len(v))
	return v[min(k.From, n):min(k.To, n)]
}

// fieldValues gives the values of header fields, unfolded.
func fieldValues(header []byte) [][]byte {
	var values [][]byte
	for line := range bytes.Lines(header) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0:
		case (line[0] == ' ' || line[0] == '\t') && len(values) > 0:
			values[len(values)-1] = append(bytes.Clone(values[len(values)-1]), line...)
		default:
			if _, v, is := bytes.Cut(line, []byte(":")); is {
				values = append(values, bytes.TrimSpace(v))
			}
		}
	}
	return values
}
