package message

import "bytes"

const (
	maxParams    = 200 // parameters of one field that are kept
	maxLanguages = 64
)

// defaultParams are those of a part without a usable Content-Type
// (RFC 2045 §5.2).
func defaultParams() []Param { return []Param{{Name: "charset", Value: "us-ascii"}} }

// parseContentType sets the part's type and parameters; it leaves the type
// empty where the field is not usable. A bare "text" is text/plain.
func parseContentType(part *Part, value []byte) {
	var l contentLexer
	l.reset(value)
	typ := l.token()
	sub := []byte(nil)
	if l.special('/') {
		sub = l.token()
	}
	if len(typ) == 0 {
		return
	}
	if len(sub) == 0 {
		if !equalFold("text", typ) {
			return
		}
		sub = []byte("plain")
	}
	part.Type, part.Subtype = lowerString(typ), lowerString(sub)
	part.Params = l.params()
}

// parseDisposition reads Content-Disposition (RFC 2183 §2).
func parseDisposition(value []byte) (string, []Param) {
	var l contentLexer
	l.reset(value)
	typ := l.token()
	if len(typ) == 0 {
		// "; filename=x" has a name worth keeping; RFC 2183 §2.8 takes an
		// unknown disposition as attachment.
		l.skipSpace()
		if l.at >= len(l.in) || l.in[l.at] != ';' {
			return "", nil
		}
		typ = []byte("attachment")
	}
	return lowerString(typ), l.params()
}

// parseEncodingName reads Content-Transfer-Encoding (RFC 2045 §6.1), quoted or
// not.
func parseEncodingName(value []byte) string {
	var l contentLexer
	l.reset(value)
	l.skipSpace()
	name := l.token()
	if name == nil && l.at < len(l.in) && l.in[l.at] == '"' {
		name = trimSpace(l.quoted())
	}
	if !isToken(name) {
		return "7bit"
	}
	return lowerString(name)
}

// parseLanguage reads Content-Language (RFC 3282 §2).
func parseLanguage(value []byte) []string {
	var l contentLexer
	l.reset(value)
	var tags []string
	for len(tags) < maxLanguages {
		l.skipSpace()
		if l.at >= len(l.in) {
			break
		}
		if t := l.token(); len(t) > 0 {
			tags = append(tags, string(t))
		} else {
			l.at++
		}
	}
	return tags
}

// parseLocation reads Content-Location: a URI, in which white space comes from
// folding only (RFC 2557 §4.4).
func parseLocation(value []byte) []byte {
	out := unfolded(value)
	n := 0
	for _, c := range out {
		if !isSpace(c) {
			out[n] = c
			n++
		}
	}
	return out[:n]
}

func lowerString(b []byte) string {
	var buf [64]byte
	return knownString(appendLower(buf[:0], b))
}

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

// params reads the parameters to the end, passing over what is none.
func (l *contentLexer) params() []Param {
	var raw []rawParam
	for l.at < len(l.in) && len(raw) < maxParams {
		l.special(';')
		name := l.token()
		if name == nil {
			l.skipSpace()
			if l.at < len(l.in) {
				l.at++
			}
			continue
		}
		if !l.special('=') {
			continue
		}
		raw = append(raw, newRawParam(name, l.value()))
	}
	return joinParams(raw)
}
