package message

import "bytes"

// contentLexer cuts up the value of a MIME field (RFC 2045 §5.1).
type contentLexer struct {
	in []byte
	at int
}

func (l *contentLexer) reset(in []byte) { l.in, l.at = in, 0 }

// skipSpace passes white space and comments. A comment that is never closed
// runs to the end.
func (l *contentLexer) skipSpace() {
	for l.at < len(l.in) {
		switch c := l.in[l.at]; {
		case isSpace(c):
			l.at++
		case c == '(':
			l.skipComment()
		default:
			return
		}
	}
}

func (l *contentLexer) skipComment() {
	depth := 0
	for l.at < len(l.in) {
		switch l.in[l.at] {
		case '\\':
			l.at++
		case '(':
			depth++
		case ')':
			depth--
		}
		l.at++
		if depth == 0 {
			return
		}
	}
	l.at = len(l.in)
}

// token reads a token after white space; nil where there is none.
func (l *contentLexer) token() []byte {
	l.skipSpace()
	start := l.at
	for l.at < len(l.in) && isTokenChar(l.in[l.at]) {
		l.at++
	}
	if l.at == start {
		return nil
	}
	return l.in[start:l.at]
}

// special passes the character c after white space, and says whether it was
// there.
func (l *contentLexer) special(c byte) bool {
	l.skipSpace()
	if l.at < len(l.in) && l.in[l.at] == c {
		l.at++
		return true
	}
	return false
}

// quoted reads a quoted-string that starts here, without quotes and quoting;
// one that is never closed runs to the end.
func (l *contentLexer) quoted() []byte {
	out := []byte{}
	for l.at++; l.at < len(l.in); l.at++ {
		c := l.in[l.at]
		switch {
		case c == '"':
			l.at++
			return out
		case c == '\r' || c == '\n':
			continue
		case c == '\\' && l.at+1 < len(l.in):
			// Windows paths in file names come unquoted: a backslash counts as
			// quoting only before what needs it.
			if n := l.in[l.at+1]; n == '"' || n == '\\' {
				l.at++
				c = n
			}
		case c == 0:
			c = '?'
		}
		out = append(out, c)
	}
	return out
}

// value reads a parameter's value: a quoted-string, or what stands before the
// next semicolon, because mailers leave spaces and specials unquoted. Where
// another "name=" follows white space, a semicolon was forgotten.
func (l *contentLexer) value() []byte {
	l.skipSpace()
	if l.at < len(l.in) && l.in[l.at] == '"' {
		return l.quoted()
	}
	start := l.at
	for l.at < len(l.in) {
		c := l.in[l.at]
		if c == ';' || c == '(' && l.at > start && isSpace(l.in[l.at-1]) {
			break
		}
		if isSpace(c) && l.paramFollows() {
			break
		}
		l.at++
	}
	return unfolded(l.in[start:l.at])
}

// paramFollows says whether white space, a token and "=" stand here.
func (l *contentLexer) paramFollows() bool {
	const far = 80
	b := l.in[l.at:min(len(l.in), l.at+far)]
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	i := bytes.IndexByte(b, '=')
	return i > 0 && isToken(b[:i]) && (i+1 >= len(b) || b[i+1] != '?' && b[i+1] != '=')
}
