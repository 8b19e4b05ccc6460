package message

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// PreviewLength is how many characters a preview has at most (RFC 8970 §3.3).
const PreviewLength = 200

// AppendPreview appends the message's preview: the beginning of what its sender
// wrote, as UTF-8 on one line, of at most [PreviewLength] characters (RFC 8970).
// Quoted text and signatures are left out where there is other text. Nothing is
// appended for a message without text, or one that is encrypted.
func (m *Message) AppendPreview(dst []byte) []byte {
	w := previewWriter{dst: dst, start: len(dst), cut: len(dst)}
	m.Root.preview(&w)
	return w.end()
}

// preview writes the text of the best part at or below p, and reports whether
// there is any.
func (p *Part) preview(w *previewWriter) bool {
	switch {
	case p.IsMultipart():
		return p.previewOfParts(w)
	case p.Disposition == "attachment":
		return false
	case p.IsMessage():
		return len(p.Children) == 1 && p.Children[0].preview(w)
	case p.Type != "text" || !p.isProse():
		return false
	}
	text, ok := p.sampleText()
	if !ok {
		return false
	}
	if p.isMarkup() {
		return previewMarkup(w, text)
	}
	return previewPlain(w, p.joined(text))
}

// previewOfParts chooses among the parts of a multipart.
func (p *Part) previewOfParts(w *previewWriter) bool {
	parts := p.Children
	switch p.Subtype {
	case "encrypted":
		return false
	case "signed": // the second is the signature
		parts = parts[:min(1, len(parts))]
	case "alternative": // RFC 2046 §5.1.4: the best is last, but plain text is what is wanted
		for _, c := range parts {
			if c.Type == "text" && c.Subtype == "plain" && c.preview(w) {
				return true
			}
		}
		for i := len(parts) - 1; i >= 0; i-- {
			if parts[i].preview(w) {
				return true
			}
		}
		return false
	}
	for _, c := range parts {
		if c.preview(w) {
			return true
		}
	}
	return false
}

// isProse says whether a text is one for people to read.
func (p *Part) isProse() bool {
	switch p.Subtype {
	case "calendar", "css", "csv", "directory", "javascript", "rfc822-headers", "rtf", "vcard", "x-vcard", "x-amp-html", "xml":
		return false
	}
	return true
}

// joined takes the soft line breaks out of text whose spaces at the ends of lines
// are not its own (RFC 3676 §4.1, DelSp).
func (p *Part) joined(text []byte) []byte {
	if v, _ := p.Param("delsp"); !equalFold("yes", v) {
		return text
	}
	text = bytes.ReplaceAll(text, []byte(" \r\n"), nil)
	return bytes.ReplaceAll(text, []byte(" \n"), nil)
}

// previewWriter makes text one line of so many characters.
type previewWriter struct {
	dst    []byte
	start  int
	chars  int
	space  bool // white space came since the last character
	joiner rune // which came since, or 0
	cut    int  // where the last character begins that belongs to none before it
}

// empty reports whether nothing has been written.
func (w *previewWriter) empty() bool { return len(w.dst) == w.start }

// full reports whether there is no room for more.
func (w *previewWriter) full() bool { return w.chars > PreviewLength }

// write adds text; white space counts as one space, and characters that cannot
// be seen do not count.
func (w *previewWriter) write(text []byte) {
	for len(text) > 0 && !w.full() {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || r == '\u2800':
			w.space, w.joiner = true, 0
		case unicode.IsControl(r) || isInvisible(r) || r == utf8.RuneError && n == 1:
		case isJoiner(r):
			w.joiner = r
		default:
			w.visible(r)
		}
	}
}

// visible adds a character, and before it what came since the last one. A joiner
// counts only between two: else it pads the hidden first line of a newsletter.
func (w *previewWriter) visible(r rune) {
	mark := unicode.Is(unicode.M, r)
	switch {
	case w.empty():
	case w.space:
		w.add(' ', false)
	case w.joiner != 0:
		w.add(w.joiner, true)
		mark = true
	}
	w.space, w.joiner = false, 0
	w.add(r, mark)
}

// add adds a character. One that belongs to the character before it takes that
// away with it where there is no room.
func (w *previewWriter) add(r rune, belongs bool) {
	if w.full() {
		return
	}
	if w.chars++; w.full() {
		if belongs {
			w.dst = w.dst[:w.cut]
		}
		return
	}
	if !belongs {
		w.cut = len(w.dst)
	}
	w.dst = utf8.AppendRune(w.dst, r)
}

// end gives the text.
func (w *previewWriter) end() []byte {
	n := len(bytes.TrimRight(w.dst[w.start:], " "))
	return w.dst[:w.start+n]
}

// isInvisible is for characters that newsletters pad with, and those that turn
// the direction of text, which a cut text would not turn back.
func isInvisible(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u034f', r == '\u061c', r == '\ufeff', r == '\u180e',
		r == '\u200b', '\u200e' <= r && r <= '\u200f', '\u202a' <= r && r <= '\u202e', '\u2060' <= r && r <= '\u206f':
		return true
	}
	return false
}

// isJoiner is for ZWNJ and ZWJ.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }
