package message

import (
	"bytes"
	"strconv"
)

// AppendPartBody writes the BODY of a part in wire form (RFC 9051 §9, body), with
// the names of encoding and the sizes that the message gives. An empty path is the
// message itself. ok is false where there is no such part.
func (s Summary) AppendPartBody(dst []byte, path []int) (body []byte, ok bool) {
	part, ok := partOfBody(s.AppendBody(nil), path)
	if !ok {
		return dst, false
	}
	return append(dst, part...), true
}

// partOfBody finds the part of a body in wire form, as [Summary.Part] does.
func partOfBody(body []byte, path []int) ([]byte, bool) {
	inMessage := true // body is that of a message, not yet counted by a number
	for _, n := range path {
		items := listItems(body)
		if !inMessage && len(items) > 8 && items[0][0] != '(' && items[8][0] == '(' {
			body, inMessage = items[8], true // the numbers go on in the message's body
			items = listItems(body)
		}
		switch {
		case len(items) > 0 && items[0][0] == '(':
			if n < 1 || n > len(items) || items[n-1][0] != '(' {
				return nil, false
			}
			body = items[n-1]
		case inMessage && n == 1:
		default:
			return nil, false
		}
		inMessage = false
	}
	return body, true
}

// RecodeBody gives the BODY of a part that is no multipart with another encoding
// and size, and for text with another number of lines: as it is once decoded (RFC
// 5524 §3.2). Others are given as they are.
func RecodeBody(body []byte, encoding string, size, lines int64) []byte {
	items := listItems(body)
	if len(items) < 7 || items[0][0] == '(' {
		return body
	}
	if encoding != "" {
		items[5] = appendIMAPString(nil, encoding)
	}
	items[6] = strconv.AppendInt(nil, size, 10)
	if bytes.EqualFold(items[0], []byte(`"text"`)) && len(items) > 7 {
		items[7] = strconv.AppendInt(nil, lines, 10)
	}
	return append(append([]byte("("), bytes.Join(items, []byte(" "))...), ')')
}

// listItems splits a list in wire form. Parts of a multipart have no space between
// them.
func listItems(list []byte) (items [][]byte) {
	if len(list) < 2 || list[0] != '(' {
		return nil
	}
	rest := list[1 : len(list)-1]
	for len(rest) > 0 {
		if rest[0] == ' ' {
			rest = rest[1:]
			continue
		}
		n := itemLength(rest)
		items = append(items, rest[:n])
		rest = rest[n:]
	}
	return items
}

// itemLength gives how long the first item is: a list, a string or an atom.
func itemLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '(':
			depth++
			continue
		case ')':
			depth--
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{':
			end := bytes.IndexByte(b[i:], '}')
			n, err := strconv.Atoi(string(b[i+1 : i+max(end, 1)]))
			if end < 0 || err != nil || n > len(b) {
				return len(b)
			}
			i += end + 2 + n
		case ' ':
			if depth == 0 {
				return i
			}
			continue
		default:
			for i+1 < len(b) && bytes.IndexByte([]byte(" ()"), b[i+1]) < 0 {
				i++
			}
		}
		if depth == 0 {
			return min(i+1, len(b))
		}
	}
	return len(b)
}
