package search

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold appends s in the form of i;unicode-casemap (RFC 5051 §2): each character
// in title case and fully decomposed. s is UTF-8; octets that are not stay as
// they are. Each character is folded by itself, so that the fold of a text is
// the fold of its parts put together.
//
// Combining marks keep their order, as the RFC defines (§4, 2).
func Fold(dst, s []byte) []byte {
	for len(s) > 0 {
		n := 0
		if dst, n = appendFoldedASCII(dst, s); n == len(s) {
			break
		}
		s = s[n:]
		r, size := utf8.DecodeRune(s)
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[0])
		} else {
			dst = appendFoldedRune(dst, r)
		}
		s = s[size:]
	}
	return dst
}

// appendFoldedASCII folds the 7-bit octets that s starts with and says how
// many they are.
func appendFoldedASCII(dst, s []byte) ([]byte, int) {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	n := 0
	for ; n+8 <= len(s); n += 8 {
		w := binary.LittleEndian.Uint64(s[n:])
		if w&high != 0 {
			break
		}
		// An octet's high bit is set in the first sum from 'a' on, in the
		// second after 'z': where they differ is a small letter.
		small := ((w + (0x80-'a')*ones) ^ (w + (0x80-'z'-1)*ones)) & high
		dst = binary.LittleEndian.AppendUint64(dst, w^small>>2)
	}
	for ; n < len(s) && s[n] < utf8.RuneSelf; n++ {
		c := s[n]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, n
}

func appendFoldedRune(dst []byte, r rune) []byte {
	switch { // the plain letters of much mail, told without the tables
	case 0x410 <= r && r <= 0x44f && r != 0x419 && r != 0x439: // Cyrillic but short i
		if r >= 0x430 {
			r -= 0x20
		}
		return append(dst, 0xc0|byte(r>>6), 0x80|byte(r)&0xbf)
	case 0x4e00 <= r && r <= 0x9fff: // Chinese characters
		return utf8.AppendRune(dst, r)
	}
	r = unicode.ToTitle(r)
	if first, last := rune(0xac00), rune(0xd7a3); first <= r && r <= last {
		return appendHangul(dst, r-first)
	}
	var buf [utf8.UTFMax]byte
	b := buf[:utf8.EncodeRune(buf[:], r)]
	if d := norm.NFKD.Properties(b).Decomposition(); d != nil {
		return append(dst, d...)
	}
	return append(dst, b...)
}

// appendHangul decomposes a syllable by its number (Unicode §3.12).
func appendHangul(dst []byte, s rune) []byte {
	const vowels, trails = 21, 28
	dst = utf8.AppendRune(dst, 0x1100+s/(vowels*trails))
	dst = utf8.AppendRune(dst, 0x1161+s%(vowels*trails)/trails)
	if t := s % trails; t > 0 {
		dst = utf8.AppendRune(dst, 0x11a7+t)
	}
	return dst
}
