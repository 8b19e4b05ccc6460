package message

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// longestParamLine is below what a line of a header may have (RFC 5259 §6).
const longestParamLine = 77

// params writes a Content-Type or Content-Disposition whose extended parameters
// are put together, into the new charset, and apart again as lines need it. It
// does nothing, and says no, where there are none or one cannot be decoded, or has
// asterisks that RFC 2231 §7 gives no meaning.
// Comments go behind the last parameter.
func (r *recoder) params(name, value []byte) bool {
	var l contentLexer
	l.reset(value)
	kind := l.token()
	if l.special('/') {
		kind = append(append(slices.Clone(kind), '/'), l.token()...)
	}
	raw := l.rawParams()
	extended := false
	for _, p := range raw {
		extended = extended || p.encoded
		if charset, _, _ := cutExtended(p.value); p.encoded && p.section <= 0 && !isUTF8Name(charset) && findCharset(charset) == nil {
			return false
		}
		if strings.Contains(p.name, "*") {
			return false
		}
	}
	if !extended || len(kind) == 0 {
		return false
	}
	dst := append(append(append(r.dst, name...), ": "...), kind...)
	done := map[string]bool{}
	for i, p := range raw {
		switch {
		case p.section < 0 && !p.encoded:
			dst = append(dst, ";\r\n "...)
			dst = append(append(dst, p.name...), '=')
			dst = appendParamValue(dst, p.value)
		case !done[p.name]:
			done[p.name] = true
			var ok bool
			if dst, ok = r.appendExtendedParam(dst, raw[i:], p.name); !ok {
				r.ok = false
				return true
			}
		}
	}
	for _, c := range comments(value) {
		if len(dst)-bytes.LastIndexByte(dst, '\n')+len(c) > longestParamLine {
			dst = append(dst, "\r\n"...)
		}
		dst = append(append(dst, ' '), c...)
	}
	r.dst = append(dst, "\r\n"...)
	return true
}

// appendExtendedParam writes the parameter that the pieces of that name make.
func (r *recoder) appendExtendedParam(dst []byte, raw []rawParam, name string) ([]byte, bool) {
	charset, lang, octets := pieces(raw, name)
	if !strings.EqualFold(charset, r.to.Name) { // else even what is wrong in it stays
		encoded, ok := r.to.Encode(DecodeCharset(charset, octets))
		if !ok {
			return dst, false
		}
		octets = encoded
	}
	prefix := r.to.Name + "'" + lang + "'"
	escaped := make([][]byte, len(octets))
	total := len(prefix) + len(name) + len(" *=;")
	for i, c := range octets {
		if isTokenChar(c) && c != '*' && c != '\'' && c != '%' {
			escaped[i] = octets[i : i+1]
		} else {
			escaped[i] = []byte{'%', hexDigits[c>>4], hexDigits[c&15]}
		}
		total += len(escaped[i])
	}
	if total <= longestParamLine {
		dst = append(append(append(dst, ";\r\n "...), name...), "*="...)
		return append(append(dst, prefix...), bytes.Join(escaped, nil)...), true
	}
	for n := 0; n == 0 || len(escaped) > 0; n++ {
		dst = append(dst, ";\r\n "...)
		start := len(dst)
		dst = append(append(dst, name...), '*')
		dst = append(strconv.AppendInt(dst, int64(n), 10), "*="...)
		if n == 0 {
			dst = append(dst, prefix...)
		}
		for written := 0; len(escaped) > 0 && (written == 0 || len(dst)-start+len(escaped[0]) < longestParamLine-len(" ;")); written++ {
			dst, escaped = append(dst, escaped[0]...), escaped[1:]
		}
	}
	return dst, true
}

// pieces joins what raw has of a parameter, undecoded.
func pieces(raw []rawParam, name string) (charset, lang string, octets []byte) {
	var parts []rawParam
	for _, p := range raw {
		if p.name == name && (p.section >= 0 || p.encoded) {
			parts = append(parts, p)
		}
	}
	slices.SortStableFunc(parts, func(a, b rawParam) int { return a.section - b.section })
	for i, p := range parts {
		text := p.value
		if p.encoded {
			if i == 0 {
				charset, lang, text = cutExtended(text)
			}
			text = percentDecoded(text)
		}
		octets = append(octets, text...)
	}
	return charset, lang, octets
}

// appendParamValue writes a value, quoted where it must be.
func appendParamValue(dst, value []byte) []byte {
	if isToken(value) {
		return append(dst, value...)
	}
	dst = append(dst, '"')
	for _, c := range value {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// comments gives the comments of a structured value, with their parentheses.
func comments(value []byte) (all [][]byte) {
	var l contentLexer
	for l.reset(value); l.at < len(l.in); {
		switch l.in[l.at] {
		case '"':
			l.quoted()
		case '(':
			start := l.at
			l.skipComment()
			all = append(all, unfolded(l.in[start:l.at]))
		default:
			l.at++
		}
	}
	return all
}
