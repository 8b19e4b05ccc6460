package search

import "bytes"

// Comparator is a way to compare texts (RFC 4790): two texts are equal, stand in
// order or are within one another as the octets that [Comparator.Append] makes of
// them are, if it has such an operation. The zero value is the default,
// [UnicodeCasemap].
type Comparator uint8

const (
	// UnicodeCasemap is i;unicode-casemap (RFC 5051).
	UnicodeCasemap Comparator = iota
	// ASCIICasemap is i;ascii-casemap: the letters a to z in any case (RFC 4790 §9.2).
	ASCIICasemap
	// Octet is i;octet: octets as they are (RFC 4790 §9.3).
	Octet
	// ASCIINumeric is i;ascii-numeric: the number that a text begins with, and those
	// without one behind all numbers (RFC 4790 §9.1). It has no substrings.
	ASCIINumeric

	// Comparators is how many there are.
	Comparators = iota
)

// String is the comparator's name in the registry.
func (c Comparator) String() string {
	switch c {
	case ASCIICasemap:
		return "i;ascii-casemap"
	case Octet:
		return "i;octet"
	case ASCIINumeric:
		return "i;ascii-numeric"
	}
	return "i;unicode-casemap"
}

// Substrings reports whether texts can be looked for in others (RFC 4790 §4.2.3).
func (c Comparator) Substrings() bool { return c != ASCIINumeric }

// Append appends a text, in UTF-8, in the form in which octets compare. With
// substrings the form of a text is that of its parts put together, and what is found
// in a text UnicodeCasemap finds too.
func (c Comparator) Append(dst, text []byte) []byte {
	switch c {
	case ASCIICasemap:
		start := len(dst)
		dst = append(dst, text...)
		for i := start; i < len(dst); i++ {
			if 'a' <= dst[i] && dst[i] <= 'z' {
				dst[i] -= 'a' - 'A'
			}
		}
		return dst
	case Octet:
		return append(dst, text...)
	case ASCIINumeric:
		return appendNumber(dst, text)
	}
	return Fold(dst, text)
}

// infinity is the form of a text that is no number; it is above that of all numbers.
const infinity = 0x7f

// appendNumber appends how many digits a number has without leading zeros, seven bits
// an octet, and the digits.
func appendNumber(dst, text []byte) []byte {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	if n == 0 {
		return append(dst, infinity)
	}
	digits := bytes.TrimLeft(text[:n], "0")
	for shift := 28; shift >= 0; shift -= 7 {
		dst = append(dst, byte(len(digits)>>shift)&0x7f)
	}
	return append(dst, digits...)
}

// maxOrder is how long a collation may be called (RFC 4790 §3.1).
const maxOrder = 254

// Order is how a client asks for a comparator: a pattern of names, and the
// direction (RFC 4790 §3.3).
type Order struct {
	Wild     string // may have "*" for any characters of a name; or "default"
	Inverted bool   // texts are ordered the other way round
}

// ParseOrder reads a collation-order (RFC 4790 §3.2, §3.3):
//
//	collation-order = ["+" / "-"] collation-wild
//	collation-wild  = ("*" / (ALPHA ["*"])) *(collation-char ["*"])
//	collation-char  = ALPHA / DIGIT / "-" / ";" / "=" / "."
func ParseOrder(s string) (o Order, ok bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		o.Inverted = s[0] == '-'
		s = s[1:]
	}
	if s == "" || len(s) > maxOrder {
		return o, false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case c == '*' && (i == 0 || s[i-1] != '*'):
		case i > 0 && ('0' <= c && c <= '9' || c == '-' || c == ';' || c == '=' || c == '.'):
		default:
			return o, false
		}
	}
	o.Wild = s
	return o, true
}

// Matches gives the comparators whose names match, the most widely useful first.
func (o Order) Matches() []Comparator {
	wild := asciiUpper(o.Wild)
	if string(wild) == "DEFAULT" {
		return []Comparator{UnicodeCasemap}
	}
	var found []Comparator
	for c := range Comparator(Comparators) {
		if matchWild(wild, asciiUpper(c.String())) {
			found = append(found, c)
		}
	}
	return found
}

func asciiUpper(s string) []byte { return ASCIICasemap.Append(nil, []byte(s)) }

// matchWild reports whether a name is what a pattern with "*" says. Each star
// takes as little as it can, which finds a match where there is one.
func matchWild(wild, name []byte) bool {
	first, rest, star := bytes.Cut(wild, []byte("*"))
	if !star {
		return bytes.Equal(wild, name)
	}
	if !bytes.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	for {
		piece, behind, more := bytes.Cut(rest, []byte("*"))
		if !more {
			return bytes.HasSuffix(name, piece)
		}
		i := bytes.Index(name, piece)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(piece):], behind
	}
}
