package message

import (
	"bytes"
	"iter"
	"strings"
)

// Attachments gives the names of the parts that are attachments, in their order: of
// each that says so of itself (RFC 2183 §2.2), and of each that has a file name and
// is not inline with an id by which the text shows it. A name is UTF-8, empty where
// there is none.
func (s Summary) Attachments() iter.Seq[string] {
	return func(yield func(string) bool) {
		attachments(s.BodyStructure(), yield)
	}
}

// attachments looks through the structure that b starts with and gives what follows
// it; nil ends the search, also at damage.
func attachments(b []byte, yield func(string) bool) (rest []byte) {
	if len(b) < 2 || b[0] != '(' {
		return nil
	}
	if b = b[1:]; b[0] != '(' {
		return leafAttachment(b, yield)
	}
	for len(b) > 0 && b[0] == '(' {
		if b = attachments(b, yield); b == nil {
			return nil
		}
	}
	return endOfList(b)
}

// leafAttachment is attachments for a part that is no multipart, behind its
// parenthesis.
func leafAttachment(b []byte, yield func(string) bool) (rest []byte) {
	basic, typed := b, b
	var params, id []byte
	for i := range 7 {
		var v []byte
		if v, b = cutValue(b); b == nil {
			return nil
		}
		switch i {
		case 1:
			typed = basic[:len(basic)-len(b)]
		case 2:
			params = v
		case 3:
			id = v
		}
	}
	var within []byte // the message in it
	switch {
	case bytes.HasPrefix(typed, []byte(`"text" `)):
		_, b = cutValue(b)
	case bytes.Equal(typed, []byte(`"message" "rfc822"`)), bytes.Equal(typed, []byte(`"message" "global"`)):
		_, b = cutValue(b)
		within, b = cutValue(b)
		_, b = cutValue(b)
	}
	_, b = cutValue(b) // MD5
	disposition, b := cutValue(b)
	if b == nil {
		return nil
	}
	name, is := attachment(params, id, disposition)
	if is && !yield(name) || within != nil && attachments(within, yield) == nil {
		return nil
	}
	return endOfList(b)
}

// attachment decides on a part by values of its structure.
func attachment(params, id, disposition []byte) (name string, is bool) {
	var kind string
	if len(disposition) > 2 && disposition[0] == '(' {
		v, rest := cutValue(disposition[1:])
		kind = wireText(v)
		v, _ = cutValue(rest)
		name = wireParam(v, "filename")
	}
	if name == "" {
		name = wireParam(params, "name")
	}
	inline := kind == "inline" && !bytes.Equal(id, []byte("NIL"))
	return name, kind == "attachment" || name != "" && !inline
}

// wireParam gives a parameter of a list, decoded; empty where there is none.
func wireParam(list []byte, name string) string {
	if len(list) < 2 || list[0] != '(' {
		return ""
	}
	for b := list[1:]; len(b) > 0 && b[0] != ')'; {
		key, rest := cutValue(b)
		value, rest := cutValue(rest)
		if b = rest; b == nil {
			break
		}
		switch wireText(key) {
		case name:
			return string(DecodeHeader(nil, []byte(wireText(value))))
		case name + "*":
			charset, _, text := cutExtended([]byte(wireText(value)))
			return extendedParam(name, charset, "", percentDecoded(text)).Value
		}
	}
	return ""
}

// wireText gives what a quoted string or a literal says.
func wireText(v []byte) string {
	switch {
	case len(v) >= 2 && v[0] == '"':
		text := string(v[1 : len(v)-1])
		if strings.IndexByte(text, '\\') < 0 {
			return text
		}
		var out strings.Builder
		for i := 0; i < len(text); i++ {
			if text[i] == '\\' && i+1 < len(text) {
				i++
			}
			out.WriteByte(text[i])
		}
		return out.String()
	case len(v) > 0 && v[0] == '{':
		_, text, _ := bytes.Cut(v, []byte("}\r\n"))
		return string(text)
	}
	return ""
}

// cutValue gives a value and what follows it; nil at damage. The space before it
// is passed over.
func cutValue(b []byte) (value, rest []byte) {
	if rest = skipValue(b); rest == nil {
		return nil, nil
	}
	value = b[:len(b)-len(rest)]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return value, rest
}

// endOfList passes the values up to the parenthesis that closes them, and that.
func endOfList(b []byte) []byte {
	for len(b) > 0 && b[0] != ')' {
		b = skipValue(b)
	}
	if len(b) == 0 {
		return nil
	}
	return b[1:]
}
