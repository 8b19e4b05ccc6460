package convert

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/transform"
)

// charset is one that text is converted to.
type charset struct {
	name string            // for MIME, in lower case
	enc  encoding.Encoding // nil for UTF-8 and US-ASCII
}

// targetCharset finds a charset by its name. Other than when mail is read, the
// name is taken as IANA means it: what is said to be ISO-8859-1 has no quotes of
// Windows.
func targetCharset(name string) (charset, bool) {
	low := strings.ToLower(name)
	switch low {
	case "utf-8", "utf8":
		return charset{name: "utf-8"}, true
	case "us-ascii", "ascii":
		return charset{name: "us-ascii"}, true
	}
	if len(name) > 64 {
		return charset{}, false
	}
	enc, err := ianaindex.MIME.Encoding(name)
	if err != nil || enc == nil {
		return charset{}, false
	}
	if mime, err := ianaindex.MIME.Name(enc); err == nil {
		low = strings.ToLower(mime)
	}
	return charset{name: low, enc: enc}, true
}

// encode writes text in the charset; instead gives what a character that it lacks
// is replaced by.
func (c *charset) encode(text []byte, instead func(rune) (string, bool)) ([]byte, bool) {
	if c.enc == nil {
		return c.encodeUTF8(text, instead)
	}
	e := c.enc.NewEncoder()
	out := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		var taken int
		var err error
		out, taken, err = feed(e, out, text, true)
		text = text[taken:]
		if err == nil || len(text) == 0 {
			continue
		}
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		with, ok := instead(r)
		if !ok {
			return nil, false
		}
		for rest := []byte(with); len(rest) > 0; rest = rest[taken:] {
			if out, taken, err = feed(e, out, rest, len(text) == 0); err != nil {
				return nil, false
			}
		}
	}
	return out, true
}

// encodeUTF8 is encode for UTF-8, which lacks nothing, and US-ASCII.
func (c *charset) encodeUTF8(text []byte, instead func(rune) (string, bool)) ([]byte, bool) {
	if c.name == "utf-8" {
		return text, true
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r < utf8.RuneSelf {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		text = text[n:]
		with, ok := instead(r)
		for i := range len(with) {
			ok = ok && with[i] < utf8.RuneSelf
		}
		if !ok {
			return nil, false
		}
		out = append(out, with...)
	}
	return out, true
}

// feed transforms as much of src as it can.
func feed(t transform.Transformer, dst, src []byte, end bool) (out []byte, taken int, err error) {
	for {
		if cap(dst)-len(dst) < 64 {
			dst = append(dst, make([]byte, len(src)+64)...)[:len(dst)]
		}
		n, m, err := t.Transform(dst[len(dst):cap(dst)], src[taken:], end)
		dst, taken = dst[:len(dst)+n], taken+m
		if err != transform.ErrShortDst {
			return dst, taken, err
		}
		dst = append(dst, make([]byte, len(src)+64)...)[:len(dst)]
	}
}
