package imap

// Classes of octets of RFC 9051 §9, as bits of a table.
const (
	classAtom    = 1 << iota // ATOM-CHAR
	classAString             // ASTRING-CHAR: ATOM-CHAR / "]"
	classList                // list-char
	classTag                 // ASTRING-CHAR except "+"
	classQuoted              // may stand in a quoted string without "\", ASCII
)

// classes gives the classes of each octet.
var classes = makeClasses()

func makeClasses() (t [256]uint8) {
	for c := 0x20; c < 0x7f; c++ {
		if c != '"' && c != '\\' {
			t[c] |= classQuoted
		}
		switch byte(c) {
		case '(', ')', '{', ' ', '"', '\\':
			continue
		case '%', '*':
			t[c] |= classList
			continue
		case ']':
			t[c] |= classAString | classList | classTag
			continue
		case '+':
			t[c] |= classAtom | classAString | classList
			continue
		}
		t[c] |= classAtom | classAString | classList | classTag
	}
	t['\t'] |= classQuoted
	for _, c := range []byte{1, 2, 3, 4, 5, 6, 7, 8, 0xb, 0xc, 0x7f} {
		t[c] |= classQuoted
	}
	for c := 0x0e; c < 0x20; c++ {
		t[c] |= classQuoted
	}
	return t
}

// IsAtomChar reports whether c is an ATOM-CHAR (RFC 9051 §9).
func IsAtomChar(c byte) bool { return classes[c]&classAtom != 0 }

// IsAStringChar reports whether c is an ASTRING-CHAR.
func IsAStringChar(c byte) bool { return classes[c]&classAString != 0 }

// IsListChar reports whether c may stand in a list-mailbox that is not a
// string.
func IsListChar(c byte) bool { return classes[c]&classList != 0 }

// IsTagChar reports whether c may stand in a tag.
func IsTagChar(c byte) bool { return classes[c]&classTag != 0 }

// IsQuotedChar reports whether c may stand unescaped in a quoted string of
// ASCII.
func IsQuotedChar(c byte) bool { return classes[c]&classQuoted != 0 }

// IsAtom reports whether s is a legal atom.
func IsAtom(s string) bool { return allOf(s, classAtom) }

// IsAString reports whether s may be written as an astring without quotes.
func IsAString(s string) bool { return allOf(s, classAString) }

func allOf(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return s != ""
}
