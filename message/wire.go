package message

import (
	"bytes"
	"strconv"
)

// appendIMAPString appends s as IMAP writes it: quoted where every octet is 7-bit text, else
// a literal, which all revisions and modes of the protocol take
// (RFC 9051 §4.3, §9 string). The value holds no CR, LF or NUL: see
// [appendUnfolded].
func appendIMAPString[T string | []byte](dst []byte, s T) []byte {
	special := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || c == 0 || c == '\r' || c == '\n' {
			return appendLiteral(dst, s)
		}
		if c == '"' || c == '\\' {
			special++
		}
	}
	dst = append(dst, '"')
	if special == 0 {
		dst = append(dst, s...)
	} else {
		for i := range len(s) {
			if s[i] == '"' || s[i] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, s[i])
		}
	}
	return append(dst, '"')
}

func appendLiteral[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, "}\r\n"...)
	at := len(dst)
	dst = append(dst, s...)
	for i := at; i < len(dst); i++ {
		if dst[i] == 0 { // CHAR8 has no NUL
			dst[i] = '?'
		}
	}
	return dst
}

// appendNString writes NIL for nil.
func appendNString(dst, s []byte) []byte {
	if s == nil {
		return append(dst, "NIL"...)
	}
	return appendIMAPString(dst, s)
}

// appendUnfolded appends a header field's value on one line: line ends go,
// the white space after them stays (RFC 5322 §2.2.3), white space around the
// value goes, a bare CR becomes a space, and a NUL a question mark, because
// IMAP has no NUL in strings (RFC 9051 §9, CHAR8).
func appendUnfolded(dst, value []byte) []byte {
	value = trimSpace(value)
	if bytes.IndexByte(value, '\n') < 0 && bytes.IndexByte(value, '\r') < 0 && bytes.IndexByte(value, 0) < 0 {
		return append(dst, value...)
	}
	for i, c := range value {
		switch c {
		case '\n':
		case '\r':
			if i+1 < len(value) && value[i+1] != '\n' {
				dst = append(dst, ' ')
			}
		case 0:
			dst = append(dst, '?')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
