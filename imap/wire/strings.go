package wire

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/restante/restante/imap"
)

// longestQuoted is the length up to which a string is quoted; beyond it a
// literal is cheaper for both sides.
const longestQuoted = 1000

// AppendString writes s at the end of dst as a quoted string where it can be
// one, else as a literal. utf8OK says that the reader takes UTF-8 in quoted
// strings. A NUL, which no string may hold, becomes the octet 0x80.
func AppendString[T string | []byte](dst []byte, s T, utf8OK bool) []byte {
	if len(s) > longestQuoted {
		return appendLiteral(dst, s)
	}
	start := len(dst)
	dst = append(dst, '"')
	high := false
	for i := range len(s) {
		c := s[i]
		switch {
		case imap.IsQuotedChar(c):
		case c == '"' || c == '\\':
			dst = append(dst, '\\')
		case c >= 0x80 && utf8OK:
			high = true
		default:
			return appendLiteral(dst[:start], s)
		}
		dst = append(dst, c)
	}
	if high && !utf8.Valid(dst[start:]) {
		return appendLiteral(dst[:start], s)
	}
	return append(dst, '"')
}

// AppendValue writes a value of any octets: as AppendString does, or as a literal8
// where it has a NUL (RFC 5257 §3.2.2).
func AppendValue(dst, value []byte, utf8OK bool) []byte {
	if bytes.IndexByte(value, 0) < 0 {
		return AppendString(dst, value, utf8OK)
	}
	return append(appendLiteralHead(dst, int64(len(value)), true), value...)
}

func appendLiteral[T string | []byte](dst []byte, s T) []byte {
	dst = appendLiteralHead(dst, int64(len(s)), false)
	start := len(dst)
	dst = append(dst, s...)
	for i := start; i < len(dst); i++ {
		if dst[i] == 0 {
			dst[i] = 0x80
		}
	}
	return dst
}

func appendLiteralHead(dst []byte, size int64, binary bool) []byte {
	if binary {
		dst = append(dst, '~')
	}
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, size, 10)
	return append(dst, '}', '\r', '\n')
}

// isNil reports whether s would be read as NIL.
func isNil(s string) bool {
	return len(s) == 3 && s[0]|0x20 == 'n' && s[1]|0x20 == 'i' && s[2]|0x20 == 'l'
}

// isPlainName reports whether a mailbox name is the same in UTF-8 and in
// modified UTF-7.
func isPlainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '&' {
			return false
		}
	}
	return true
}
