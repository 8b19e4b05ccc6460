package message

import (
	"bytes"
	"html"
)

// htmlDecoder leaves of HTML in UTF-8 the text a reader sees: tags go, a tag
// that starts a new line or cell becomes one, character references are
// decoded, and script and style are left out. It works on pieces and holds no
// more than a tag's name or a reference, whatever the document.
type htmlDecoder struct {
	state htmlState
	name  []byte // of the tag, in lower case, "/" first for an end tag
	ref   []byte // a character reference from its '&'
	raw   string // the element, script or style, whose content is passed over
	quote byte   // that an attribute value ends with
	tail  [2]byte
}

type htmlState uint8

const (
	htmlText htmlState = iota
	htmlRef
	htmlTagOpen // after '<'
	htmlTagName
	htmlTag // in a tag, outside values
	htmlAttrValue
	htmlMarkup // <!doctype ...> and <?xml ...>
	htmlComment
)

const (
	maxHTMLName = 16
	maxHTMLRef  = 40
)

func (d *htmlDecoder) append(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if d.state == htmlText {
			if d.raw != "" {
				n := bytes.IndexByte(src[i:], '<')
				if n < 0 {
					return dst
				}
				i += n
			} else {
				n := bytes.IndexAny(src[i:], "<&")
				if n < 0 {
					return append(dst, src[i:]...)
				}
				dst = append(dst, src[i:i+n]...)
				i += n
			}
			if src[i] == '<' {
				d.state, d.name = htmlTagOpen, d.name[:0]
			} else {
				d.state, d.ref = htmlRef, append(d.ref[:0], '&')
			}
			i++
			continue
		}
		var taken bool
		if dst, taken = d.step(dst, src[i]); taken {
			i++
		}
	}
	return dst
}

// step takes one octet outside plain text; not taken means that it must come
// again in the new state.
func (d *htmlDecoder) step(dst []byte, c byte) ([]byte, bool) {
	switch d.state {
	case htmlRef:
		if isAlnum(c) || c == '#' && len(d.ref) == 1 {
			if d.ref = append(d.ref, c); len(d.ref) < maxHTMLRef {
				return dst, true
			}
			return d.endRef(dst), true
		}
		if c == ';' {
			d.ref = append(d.ref, c)
			return d.endRef(dst), true
		}
		return d.endRef(dst), false
	case htmlTagOpen:
		switch {
		case d.raw != "" && len(d.name) == 0 && c != '/':
			d.state = htmlText // only an end tag ends a script
			return dst, false
		case c == '!' || c == '?':
			d.state, d.tail = htmlMarkup, [2]byte{}
			d.name = d.name[:0]
			return dst, true
		case c == '/' && len(d.name) == 0:
			d.name = append(d.name, c)
			return dst, true
		case isAlnum(c):
			d.state = htmlTagName
			return dst, false
		}
		d.state = htmlText // a bare '<'
		if d.raw == "" {
			dst = append(append(dst, '<'), d.name...)
		}
		return dst, false
	case htmlTagName:
		if !isSpace(c) && c != '>' && c != '/' {
			if len(d.name) < maxHTMLName {
				d.name = append(d.name, lower(c))
			}
			return dst, true
		}
		if d.raw != "" && string(d.name[1:]) != d.raw {
			d.state = htmlText
			return dst, false
		}
		d.state, d.tail = htmlTag, [2]byte{}
		return dst, false
	case htmlTag:
		if c == '>' {
			return d.endTag(dst), true
		}
		if (c == '"' || c == '\'') && d.tail[1] == '=' && d.raw == "" {
			d.state, d.quote = htmlAttrValue, c
		}
		if !isSpace(c) {
			d.tail[1] = c
		}
	case htmlAttrValue:
		if c == d.quote {
			d.state, d.tail = htmlTag, [2]byte{}
		}
	case htmlMarkup:
		if d.name = append(d.name, c); string(d.name) == "--" {
			d.state, d.tail = htmlComment, [2]byte{'-', '-'} // "<!-->" is a whole comment
		} else if c == '>' {
			d.state = htmlText
		} else if len(d.name) > 2 {
			d.name = d.name[:2]
			d.name[0] = ' '
		}
	case htmlComment:
		if c == '>' && d.tail == [2]byte{'-', '-'} {
			d.state = htmlText
		}
		d.tail = [2]byte{d.tail[1], c}
	}
	return dst, true
}

func (d *htmlDecoder) endRef(dst []byte) []byte {
	d.state = htmlText
	if d.raw != "" {
		return dst
	}
	text := html.UnescapeString(string(d.ref))
	if text == "\u00a0" {
		text = " " // what a person types when searching
	}
	return append(dst, text...)
}

// endTag acts on a tag's end.
func (d *htmlDecoder) endTag(dst []byte) []byte {
	d.state = htmlText
	if d.raw != "" {
		if d.name[0] == '/' && string(d.name[1:]) == d.raw {
			d.raw = ""
		}
		return dst
	}
	switch name := bytes.TrimPrefix(d.name, []byte{'/'}); string(name) {
	case "script", "style":
		if d.name[0] != '/' {
			d.raw = string(name)
		}
	case "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "ins",
		"del", "kbd", "mark", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt",
		"u", "var", "wbr":
		// Text runs on: w<b>o</b>rd is one word.
	default:
		dst = append(dst, '\n')
	}
	return dst
}

func isAlnum(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' || '0' <= c && c <= '9' }

func (d *htmlDecoder) finish(dst []byte) []byte {
	if d.state == htmlRef {
		dst = d.endRef(dst)
	}
	return dst
}
