package message

import (
	"bytes"
	"slices"
	"strconv"
)

// rawParam is a parameter as it stands: one piece of a value, perhaps encoded
// (RFC 2231 §3, §4).
type rawParam struct {
	name    string // in lower case, without what the asterisks add
	value   []byte
	section int  // of "name*section", -1 without
	encoded bool // "name*" or "name*section*"
}

func newRawParam(name, value []byte) rawParam {
	p := rawParam{section: -1, value: value}
	base := name
	if n := len(base); n > 1 && base[n-1] == '*' {
		p.encoded = true
		base = base[:n-1]
	}
	if i := bytes.LastIndexByte(base, '*'); i > 0 {
		if n, err := strconv.Atoi(string(base[i+1:])); err == nil && n >= 0 && len(base)-i <= 5 {
			p.section = n
			base = base[:i]
		}
	}
	if p.encoded && p.section < 0 && bytes.Count(value, []byte{'\''}) < 2 {
		// Not an extended value: the asterisk is part of the name's text only.
		p.encoded = false
	}
	p.name = lowerString(base)
	return p
}

// joinParams puts the pieces of each parameter together in the order of their
// numbers, at the place of the first.
func joinParams(raw []rawParam) []Param {
	if len(raw) == 0 {
		return nil
	}
	out := make([]Param, 0, len(raw))
	for i := range raw {
		p := &raw[i]
		if p.section < 0 && !p.encoded {
			out = append(out, Param{Name: p.name, Value: knownString(p.value)})
			continue
		}
		if p.section < 0 {
			charset, lang, text := cutExtended(p.value)
			out = append(out, extendedParam(p.name, charset, lang, percentDecoded(text)))
			continue
		}
		if first := slices.IndexFunc(raw, func(o rawParam) bool { return o.section >= 0 && o.name == p.name }); first < i {
			continue // joined with the first piece
		}
		out = append(out, joinPieces(raw[i:], p.name))
	}
	return out
}

func joinPieces(raw []rawParam, name string) Param {
	var pieces []rawParam
	for _, p := range raw {
		if p.section >= 0 && p.name == name {
			pieces = append(pieces, p)
		}
	}
	slices.SortStableFunc(pieces, func(a, b rawParam) int { return a.section - b.section })
	var charset, lang string
	var value []byte
	extended := false
	for i, p := range pieces {
		text := p.value
		if p.encoded {
			if i == 0 {
				charset, lang, text = cutExtended(text)
			}
			extended = true
			text = percentDecoded(text)
		}
		value = append(value, text...)
	}
	if extended {
		return extendedParam(name, charset, lang, value)
	}
	return Param{Name: name, Value: string(value)}
}

// cutExtended cuts charset'language'text.
func cutExtended(v []byte) (charset, lang string, text []byte) {
	c, rest, ok := bytes.Cut(v, []byte{'\''})
	if !ok {
		return "", "", v
	}
	l, t, ok := bytes.Cut(rest, []byte{'\''})
	if !ok {
		return "", "", v
	}
	if len(l) > 0 && !isToken(l) {
		l = nil
	}
	return string(c), string(l), t
}

func extendedParam(name, charset, lang string, value []byte) Param {
	return Param{Name: name, Value: string(appendCharset(nil, charset, value)), Extended: true, Language: lang}
}

func percentDecoded(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '%' && i+2 < len(v) {
			if h, ok := unhex(v[i+1], v[i+2]); ok {
				c = h
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}

// appendExtended appends a value in the extended form of RFC 2231 §4, in UTF-8.
// Other servers give extended parameters so, and clients decode it under the
// name with the asterisk.
func appendExtended(dst []byte, p *Param) []byte {
	const digits = "0123456789ABCDEF"
	dst = append(dst, "utf-8'"...)
	dst = append(dst, p.Language...)
	dst = append(dst, '\'')
	for i := range len(p.Value) {
		c := p.Value[i]
		if isTokenChar(c) && c != '*' && c != '\'' && c != '%' {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}
