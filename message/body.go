package message

import "bytes"

// appendBodyOf appends the BODY form of a BODYSTRUCTURE in wire form: the same
// without extension data (RFC 9051 §7.5.2). Damage gives a short answer, never
// more than came in.
func appendBodyOf(dst, structure []byte) []byte {
	dst, _ = appendBasic(dst, structure)
	return dst
}

// appendBasic copies the structure that b starts with and returns what follows
// it; rest is nil at damage.
func appendBasic(dst, b []byte) (out, rest []byte) {
	if len(b) < 2 || b[0] != '(' {
		return dst, nil
	}
	dst = append(dst, '(')
	b = b[1:]
	if b[0] == '(' { // multipart: structures, then the subtype
		for len(b) > 0 && b[0] == '(' {
			if dst, b = appendBasic(dst, b); b == nil {
				return dst, nil
			}
		}
		dst, b = appendValues(dst, b, 1)
	} else {
		basic := b
		if dst, b = appendValues(dst, b, 7); b == nil {
			return dst, nil
		}
		switch {
		case bytes.HasPrefix(basic, []byte(`"text" `)):
			dst, b = appendValues(dst, b, 1)
		case bytes.HasPrefix(basic, []byte(`"message" "rfc822" `)), bytes.HasPrefix(basic, []byte(`"message" "global" `)):
			if dst, b = appendValues(dst, b, 1); len(b) == 0 {
				return dst, nil
			}
			dst = append(dst, ' ')
			if dst, b = appendBasic(dst, b[1:]); b == nil {
				return dst, nil
			}
			dst, b = appendValues(dst, b, 1)
		}
	}
	for len(b) > 0 && b[0] != ')' { // extension data
		b = skipValue(b)
	}
	if len(b) == 0 {
		return dst, nil
	}
	return append(dst, ')'), b[1:]
}

// appendValues copies n values with the space before each.
func appendValues(dst, b []byte, n int) (out, rest []byte) {
	rest = b
	for range n {
		if rest = skipValue(rest); rest == nil {
			return dst, nil
		}
	}
	return append(dst, b[:len(b)-len(rest)]...), rest
}

// skipValue passes one value, a list, string or atom, and the space before it;
// it returns nil at damage.
func skipValue(b []byte) []byte {
	depth := 0
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 {
		switch b[0] {
		case '(':
			depth++
			b = b[1:]
		case ')':
			if depth--; depth < 0 {
				return nil
			}
			b = b[1:]
		case ' ':
			b = b[1:]
			continue
		case '"':
			b = skipQuoted(b)
		case '{':
			b = skipLiteral(b)
		default:
			i := bytes.IndexAny(b, " ()")
			if i < 0 {
				i = len(b)
			}
			b = b[i:]
		}
		if depth == 0 {
			return b
		}
	}
	return nil
}

func skipQuoted(b []byte) []byte {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[i+1:]
		}
	}
	return nil
}

func skipLiteral(b []byte) []byte {
	n := 0
	for i := 1; i < len(b) && n <= len(b); i++ {
		switch c := b[i]; {
		case '0' <= c && c <= '9':
			n = n*10 + int(c-'0')
		case c == '}' && len(b) >= i+3+n:
			return b[i+3+n:]
		default:
			return nil
		}
	}
	return nil
}
