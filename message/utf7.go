package message

import (
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// utf7 is the charset UTF-7, which old mail is written in and x/text does not have:
// ASCII, and between "+" and "-" UTF-16 in BASE64. Mailbox names have a form of it that
// is stricter (RFC 3501 §5.1.3).
type utf7 struct{}

// NewDecoder gives a decoder to UTF-8.
func (utf7) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: &utf7Decoder{}}
}

type utf7Decoder struct {
	shifted bool   // in BASE64
	empty   bool   // of which nothing has come yet
	bits    uint32 // those that do not make a unit of UTF-16 yet
	count   int    // of bits
	high    rune   // the first half of a surrogate pair, 0 without
}

// Reset implements [transform.Transformer].
func (d *utf7Decoder) Reset() { *d = utf7Decoder{} }

// utf7Room is the most that one octet adds: half of a pair that lacks the other, and a
// character.
const utf7Room = 2 * utf8.UTFMax

// Transform implements [transform.Transformer]. What is wrong becomes U+FFFD.
func (d *utf7Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	out := dst[:0]
	for nSrc < len(src) {
		if cap(out)-len(out) < utf7Room {
			return len(out), nSrc, transform.ErrShortDst
		}
		c := src[nSrc]
		if v := base64Values[c]; d.shifted && v < base64Pad && c != '-' && c != '_' {
			out = d.digit(out, v)
		} else if d.shifted {
			if out = d.endShift(out, c); c != '-' {
				continue // it is text
			}
		} else if c == '+' {
			d.shifted, d.empty = true, true
		} else if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, utf8.RuneError)
		}
		nSrc++
	}
	if atEOF && d.high != 0 {
		if cap(out)-len(out) < utf7Room {
			return len(out), nSrc, transform.ErrShortDst
		}
		out = d.loseHigh(out)
	}
	return len(out), nSrc, nil
}

// digit takes one digit of BASE64.
func (d *utf7Decoder) digit(out []byte, v byte) []byte {
	d.empty = false
	d.bits, d.count = d.bits<<6|uint32(v), d.count+6
	if d.count < 16 {
		return out
	}
	d.count -= 16
	unit := rune(d.bits >> d.count & 0xFFFF)
	if r := utf16.DecodeRune(d.high, unit); r != utf8.RuneError {
		d.high = 0
		return utf8.AppendRune(out, r)
	}
	out = d.loseHigh(out)
	if 0xD800 <= unit && unit < 0xDC00 {
		d.high = unit
		return out
	}
	return utf8.AppendRune(out, unit) // U+FFFD for the second half of a pair
}

// endShift ends BASE64 before the octet c; "+-" is a plus sign.
func (d *utf7Decoder) endShift(out []byte, c byte) []byte {
	if d.empty && c == '-' {
		out = append(out, '+')
	}
	out = d.loseHigh(out)
	d.shifted, d.bits, d.count = false, 0, 0
	return out
}

// loseHigh gives U+FFFD for the first half of a pair that is not followed by the second.
func (d *utf7Decoder) loseHigh(out []byte) []byte {
	if d.high != 0 {
		out = utf8.AppendRune(out, utf8.RuneError)
	}
	d.high = 0
	return out
}
