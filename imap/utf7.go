package imap

import (
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"
)

// utf7Alphabet is modified BASE64's: "," stands for "/" (RFC 3501 §5.1.3).
const utf7Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,"

// AppendUTF7 writes a mailbox name in modified UTF-7 (RFC 3501 §5.1.3) at the end
// of dst. Octets that are not UTF-8 become U+FFFD.
func AppendUTF7(dst []byte, name string) []byte {
	for i := 0; i < len(name); {
		c := name[i]
		if c >= 0x20 && c < 0x7f {
			dst = append(dst, c)
			if c == '&' {
				dst = append(dst, '-')
			}
			i++
			continue
		}
		end := i
		for end < len(name) && (name[end] < 0x20 || name[end] >= 0x7f) {
			end++
		}
		dst = appendShifted(dst, name[i:end])
		i = end
	}
	return dst
}

// appendShifted writes s as UTF-16 in modified BASE64 between "&" and "-".
func appendShifted(dst []byte, s string) []byte {
	dst = append(dst, '&')
	var acc uint32
	bits := 0
	put := func(u uint16) {
		acc = acc<<16 | uint32(u)
		for bits += 16; bits >= 6; bits -= 6 {
			dst = append(dst, utf7Alphabet[acc>>(bits-6)&63])
		}
	}
	for _, r := range s {
		if r >= 0x10000 {
			r1, r2 := utf16.EncodeRune(r)
			put(uint16(r1))
			put(uint16(r2))
			continue
		}
		put(uint16(r))
	}
	if bits > 0 {
		dst = append(dst, utf7Alphabet[acc<<(6-bits)&63])
	}
	return append(dst, '-')
}

// DecodeUTF7 reads a mailbox name in modified UTF-7. It says no to all that RFC
// 3501 §5.1.3 forbids, so that each name has one form: octets outside printable
// ASCII, "&" that does not begin a run or "&-", printable ASCII in BASE64, runs
// that should be one, half surrogates, and bits left over.
func DecodeUTF7(b []byte) (string, bool) {
	out := make([]byte, 0, len(b))
	enc := base64.NewEncoding(utf7Alphabet).WithPadding(base64.NoPadding).Strict()
	shifted := false // the last thing read was a run of BASE64
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < 0x20 || c >= 0x7f {
			return "", false
		}
		if c != '&' {
			out = append(out, c)
			shifted = false
			continue
		}
		end := i + 1
		for end < len(b) && b[end] != '-' {
			end++
		}
		if end == len(b) {
			return "", false
		}
		if end == i+1 {
			out = append(out, '&')
			shifted = false
			i = end
			continue
		}
		var ok bool
		if out, ok = unshift(out, b[i+1:end], enc); !ok || shifted {
			return "", false
		}
		shifted = true
		i = end
	}
	return string(out), true
}

// unshift decodes one run of modified BASE64.
func unshift(out, run []byte, enc *base64.Encoding) ([]byte, bool) {
	for _, c := range run {
		if c == '\r' || c == '\n' {
			return out, false // which the base64 package would skip
		}
	}
	raw := make([]byte, enc.DecodedLen(len(run)))
	n, err := enc.Decode(raw, run)
	if err != nil || n == 0 || n%2 != 0 {
		return out, false
	}
	for i := 0; i < n; i += 2 {
		r := rune(raw[i])<<8 | rune(raw[i+1])
		if utf16.IsSurrogate(r) {
			if i+3 >= n {
				return out, false
			}
			r = utf16.DecodeRune(r, rune(raw[i+2])<<8|rune(raw[i+3]))
			if r == utf8.RuneError {
				return out, false
			}
			i += 2
		}
		if r >= 0x20 && r < 0x7f {
			return out, false
		}
		out = utf8.AppendRune(out, r)
	}
	return out, true
}
