package wire

import (
	"strings"

	"github.com/restante/restante/imap"
)

// peek gives the next octet of the line; at the line's end a line feed, which no
// line has inside.
func (d *Decoder) peek() byte {
	if d.pos < d.eol && d.err == nil {
		return d.buf[d.pos]
	}
	return '\n'
}

// Peek gives the next octet of the line, or a line feed at its end and after a
// fault.
func (d *Decoder) Peek() byte { return d.peek() }

// AtEnd reports whether the line is at its end.
func (d *Decoder) AtEnd() bool { return d.pos >= d.eol && d.err == nil }

// Special takes the octet c if it is next.
func (d *Decoder) Special(c byte) bool {
	if d.peek() != c || c == '\n' {
		return false
	}
	d.pos++
	return true
}

// ExpectSpecial takes the octet c.
func (d *Decoder) ExpectSpecial(c byte) bool {
	return d.Special(c) || d.Expected("'"+string(rune(c))+"'")
}

// Ahead reports whether s, of ASCII with letters in upper case, comes next on the
// line, in any case.
func (d *Decoder) Ahead(s string) bool {
	return d.err == nil && d.eol-d.pos >= len(s) && strings.EqualFold(string(d.buf[d.pos:d.pos+len(s)]), s)
}

// SP takes a space if it is next.
func (d *Decoder) SP() bool { return d.Special(' ') }

// ExpectSP takes one space.
func (d *Decoder) ExpectSP() bool { return d.Special(' ') || d.Expected("a space") }

// SkipSpaces takes any number of spaces.
func (d *Decoder) SkipSpaces() {
	for d.Special(' ') {
	}
}

// ExpectEnd says no unless the command's line is at its end.
func (d *Decoder) ExpectEnd() bool {
	return d.err == nil && (d.pos >= d.eol || d.Expected("the end of the command"))
}

// ExpectEndLoosely is ExpectEnd for the commands that popular clients end with
// spaces, which are taken.
func (d *Decoder) ExpectEndLoosely() bool {
	d.SkipSpaces()
	return d.ExpectEnd()
}

// Rest takes all that is left of the line.
func (d *Decoder) Rest() []byte {
	if d.err != nil {
		return nil
	}
	b := d.buf[d.pos:d.eol]
	d.pos = d.eol
	return b
}

// Upcoming gives what is left of the line without taking it, for grammars that have
// words of their own. It is nil after a fault.
func (d *Decoder) Upcoming() []byte {
	if d.err != nil {
		return nil
	}
	return d.buf[d.pos:d.eol]
}

// Skip takes the next n octets of the line, which has as many.
func (d *Decoder) Skip(n int) {
	if d.err == nil {
		d.pos = min(d.pos+n, d.eol)
	}
}

// take takes the octets that the class holds.
func (d *Decoder) take(class func(byte) bool) []byte {
	if d.err != nil {
		return nil
	}
	line := d.buf[d.pos:d.eol]
	i := 0
	for i < len(line) && class(line[i]) {
		i++
	}
	d.pos += i
	return line[:i]
}

// Tag reads a command's tag (RFC 9051 §9, tag).
func (d *Decoder) Tag() ([]byte, bool) {
	b := d.take(imap.IsTagChar)
	return b, len(b) > 0 || d.Expected("a tag")
}

// Atom reads an atom.
func (d *Decoder) Atom() ([]byte, bool) {
	b := d.take(imap.IsAtomChar)
	return b, len(b) > 0 || d.Expected("an atom")
}

// Keyword reads a word of the grammar, of letters, digits, and "-", ".", "=",
// "_", "/", and gives it in upper case. It stops before any other octet, such as
// the bracket of BODY[.
func (d *Decoder) Keyword() ([]byte, bool) {
	if d.err != nil {
		return nil, false
	}
	line := d.buf[d.pos:d.eol]
	i := 0
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case c-'a' < 26:
			line[i] = c - 'a' + 'A' // the buffer is ours, and case means nothing here
		case c-'A' < 26, c-'0' < 10, c == '-', c == '.', c == '=', c == '_', c == '/':
		default:
			d.pos += i
			return line[:i], i > 0 || d.Expected("a word")
		}
	}
	d.pos += i
	return line, i > 0 || d.Expected("a word")
}

// IsString reports whether a string, quoted or a literal, begins here.
func (d *Decoder) IsString() bool { return d.peek() == '"' || d.IsLiteral() }

// AString reads an astring: an atom that may have "]", or a string.
func (d *Decoder) AString() ([]byte, bool) {
	if d.IsString() {
		return d.String()
	}
	b := d.take(imap.IsAStringChar)
	return b, len(b) > 0 || d.Expected("a string")
}

// ListMailbox reads a list-mailbox: a mailbox name with wildcards, or a string.
func (d *Decoder) ListMailbox() ([]byte, bool) {
	if d.IsString() {
		return d.String()
	}
	b := d.take(imap.IsListChar)
	return b, len(b) > 0 || d.Expected("a mailbox pattern")
}

// String reads a quoted string or a literal. Octets above 127 are taken in a
// quoted string whatever was enabled: many clients send raw text in SEARCH and
// LOGIN. What they mean is for the command to judge.
func (d *Decoder) String() ([]byte, bool) {
	switch {
	case d.err != nil:
		return nil, false
	case d.peek() == '"':
		return d.quoted()
	case d.atLiteral():
		return d.stringLiteral(false)
	}
	return nil, d.Expected("a string")
}

// NString reads a string or NIL; isNil says which.
func (d *Decoder) NString() (b []byte, isNil, ok bool) {
	if d.Nil() {
		return nil, true, true
	}
	b, ok = d.String()
	return b, false, ok
}

// Value reads a value of metadata: a string of any octets, where the literal may
// be a literal8, or NIL (RFC 5464 §5), and so of an annotation (RFC 5257 §5). A
// literal of more than most octets is not taken, but answered with a code; what came
// of the command is skipped.
func (d *Decoder) Value(most int, tooBig imap.Code) (b []byte, isNil, ok bool) {
	if !d.IsLiteral() {
		return d.NString()
	}
	if l, is := parseAnnouncement(d.buf[d.pos:d.eol]); is && l.Size > int64(most) {
		if d.announcement() {
			d.FailCode(TooBig, tooBig, "value is too large")
		}
		return nil, false, false
	}
	b, ok = d.stringLiteral(true)
	return b, false, ok
}

// Nil takes NIL if it is next.
func (d *Decoder) Nil() bool {
	if d.err != nil || d.eol-d.pos < 3 {
		return false
	}
	b := d.buf[d.pos : d.pos+3]
	if b[0]|0x20 != 'n' || b[1]|0x20 != 'i' || b[2]|0x20 != 'l' {
		return false
	}
	if d.pos+3 < d.eol && imap.IsAStringChar(d.buf[d.pos+3]) {
		return false
	}
	d.pos += 3
	return true
}

// quoted reads a quoted string, taking its escapes out in place.
func (d *Decoder) quoted() ([]byte, bool) {
	line := d.buf[d.pos+1 : d.eol]
	out, i := 0, 0
	for i < len(line) {
		c := line[i]
		switch {
		case c == '"':
			d.pos += i + 2
			return line[:out], true
		case c == '\\':
			i++
			if i == len(line) || line[i] != '"' && line[i] != '\\' {
				return nil, d.Expected("'\"' or '\\' behind '\\' in a quoted string")
			}
			c = line[i]
		case c == 0 || c == '\r':
			return nil, d.Expected("no NUL or CR in a quoted string")
		}
		if out != i {
			line[out] = c
		}
		out++
		i++
	}
	return nil, d.Expected("the end of a quoted string")
}

// List reads "(" [item *(SP item)] ")": item is called at each item's beginning
// and says whether to go on, having read it. The list may be empty.
func (d *Decoder) List(item func() bool) bool {
	if !d.ExpectSpecial('(') || !d.Enter() {
		return false
	}
	if d.Special(')') {
		d.Leave()
		return true
	}
	for {
		if !item() || d.err != nil {
			return false
		}
		if d.Special(')') {
			d.Leave()
			return true
		}
		if !d.ExpectSP() {
			return false
		}
	}
}
