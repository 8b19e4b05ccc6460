package message

import (
	"bytes"
	"unicode/utf8"
)

// DecodeHeader appends a header field's value unfolded and decoded to UTF-8
// (RFC 2047). It takes what mailers send: encoded-words inside quotes or words,
// spaces inside of them, characters split between two, unknown charsets, raw
// 8-bit text. What is added is always valid UTF-8 on one line.
func DecodeHeader(dst, value []byte) []byte {
	dst, _ = decodeHeader(dst, value)
	return dst
}

// HeaderText is [DecodeHeader], but of a value that is in no charset that is known,
// or is wrong in the one it is said to be in, it appends the octets, with the MIME
// encoding removed and not converted: decoded is false then (RFC 5255 §4.6).
func HeaderText(dst, value []byte) (out []byte, decoded bool) {
	start := len(dst)
	dst, decoded = decodeHeader(dst, value)
	if !decoded {
		octets, _ := undecodable(appendUnfolded(nil, trimSpace(value)))
		dst = append(dst[:start], octets...)
	}
	return dst, decoded
}

// decodeHeader is DecodeHeader, and says whether nothing had to be guessed.
func decodeHeader(dst, value []byte) (out []byte, decoded bool) {
	value = trimSpace(value)
	var flat []byte
	if plainASCII(value) {
		flat = value
	} else {
		flat = appendUnfolded(nil, value)
	}
	i := bytes.Index(flat, []byte("=?"))
	if i < 0 {
		return appendGuessed(dst, flat), utf8.Valid(flat)
	}
	var d wordDecoder
	d.dst = dst
	d.run(flat, i)
	return d.dst, !d.failed
}

// plainASCII says whether b is 7-bit text on one line.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == '\n' || c == '\r' || c == 0 {
			return false
		}
	}
	return true
}

type wordDecoder struct {
	dst     []byte
	charset []byte // of the bytes in pending
	pending []byte // decoded from adjacent words of one charset
	octets  bool   // nothing is converted
	failed  bool   // something cannot be converted
}

// plain appends text that is no encoded-word.
func (d *wordDecoder) plain(text []byte) {
	d.failed = d.failed || !utf8.Valid(text)
	if d.octets {
		d.dst = append(d.dst, text...)
		return
	}
	d.dst = appendGuessed(d.dst, text)
}

func (d *wordDecoder) flush() {
	switch {
	case d.charset == nil:
	case d.octets:
		_, ok := appendDecoded(nil, string(d.charset), d.pending)
		d.failed = d.failed || !ok
		d.dst = append(d.dst, oneLine(d.pending)...)
	default:
		var ok bool
		d.dst, ok = appendDecoded(d.dst, string(d.charset), d.pending)
		d.failed = d.failed || !ok
	}
	d.charset, d.pending = nil, d.pending[:0]
}

// run decodes s; the first "=?" stands at.
func (d *wordDecoder) run(s []byte, at int) {
	text := 0 // start of the plain text not yet written
	for {
		w, n := parseEncodedWord(s[at:])
		if n > 0 {
			// White space between two encoded-words is not text (RFC 2047 §6.2).
			if between := s[text:at]; d.charset == nil || len(trimSpace(between)) > 0 {
				d.flush()
				d.plain(between)
			}
			if d.charset != nil && !bytes.EqualFold(d.charset, w.charset) {
				d.flush()
			}
			d.charset = w.charset
			d.pending = w.appendDecoded(d.pending)
			text = at + n
			at = text
		} else {
			at += 2
		}
		i := bytes.Index(s[at:], []byte("=?"))
		if i < 0 {
			break
		}
		at += i
	}
	d.flush()
	d.plain(s[text:])
}

type encodedWord struct {
	charset []byte
	base64  bool
	text    []byte
}

// parseEncodedWord reads an encoded-word that b starts with; n is its length,
// 0 where there is none.
func parseEncodedWord(b []byte) (w encodedWord, n int) {
	const maxCharset = 64
	rest := b[2:]
	q := bytes.IndexByte(rest[:min(len(rest), maxCharset)], '?')
	if q <= 0 || len(rest) < q+3 || rest[q+2] != '?' {
		return w, 0
	}
	w.charset = rest[:q]
	if !isToken(w.charset) {
		return w, 0
	}
	if star := bytes.IndexByte(w.charset, '*'); star > 0 { // RFC 2231 §5
		w.charset = w.charset[:star]
	}
	switch rest[q+1] {
	case 'b', 'B':
		w.base64 = true
	case 'q', 'Q':
	default:
		return w, 0
	}
	rest = rest[q+3:]
	end := bytes.IndexByte(rest, '?')
	for !w.base64 && end >= 0 && (end+1 >= len(rest) || rest[end+1] != '=') {
		// A bare question mark in Q text is wrong and common.
		next := bytes.IndexByte(rest[end+1:], '?')
		if next < 0 {
			return w, 0
		}
		if end > 0 && rest[end-1] == '=' {
			return w, 0 // another word begins: this one was never closed
		}
		end += 1 + next
	}
	if end < 0 || end+1 >= len(rest) || rest[end+1] != '=' {
		return w, 0
	}
	w.text = rest[:end]
	return w, 2 + q + 3 + end + 2
}

func (w *encodedWord) appendDecoded(dst []byte) []byte {
	if w.base64 {
		return appendBase64(dst, w.text)
	}
	for i := 0; i < len(w.text); i++ {
		c := w.text[i]
		switch {
		case c == '_':
			c = ' '
		case c == '=' && i+2 < len(w.text):
			if h, ok := unhex(w.text[i+1], w.text[i+2]); ok {
				c = h
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

func unhex(a, b byte) (byte, bool) {
	x, y := hexDigit(a), hexDigit(b)
	return x<<4 | y, x < 16 && y < 16
}

func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// appendGuessed appends text of no stated charset: UTF-8 where it is valid,
// else each octet that is not as in windows-1252, the usual culprit.
func appendGuessed(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = windows1252(b[0])
		}
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst
}
