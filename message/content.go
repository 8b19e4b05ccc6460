package message

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

// params reads the parameters to the end, passing over what is none.
func (l *contentLexer) params() []Param { return joinParams(l.rawParams()) }

// rawParams is params with the pieces as they stand.
func (l *contentLexer) rawParams() []rawParam {
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
	return raw
}
