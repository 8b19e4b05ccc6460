package message

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// previewMarkup writes the text of HTML without what is quoted and signatures,
// or with them where there is nothing else.
func previewMarkup(w *previewWriter, text []byte) bool {
	for _, all := range [...]bool{false, true} {
		if m := (markupPreview{w: w, all: all}); m.run(text) {
			return true
		}
	}
	return false
}

// markupPreview reads HTML up to where the preview is full.
type markupPreview struct {
	w   *previewWriter
	all bool // also quoted text and signatures

	skip  atom.Atom // the element that is passed over; 0: none
	depth int       // elements of that kind inside of it
}

func (m *markupPreview) run(text []byte) bool {
	z := html.NewTokenizer(bytes.NewReader(text))
	for !m.w.full() {
		switch z.Next() {
		case html.ErrorToken: // the end: there are no others in memory
			return !m.w.empty()
		case html.TextToken:
			if m.skip == 0 {
				m.w.write(z.Text())
			}
		case html.StartTagToken:
			if !m.start(z) {
				return true
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			m.end(atom.Lookup(name))
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			m.around(atom.Lookup(name))
		}
	}
	return true
}

// around makes a space of a tag that is not within a line.
func (m *markupPreview) around(tag atom.Atom) {
	switch tag {
	case atom.A, atom.Abbr, atom.Acronym, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Dfn, atom.Em,
		atom.Font, atom.I, atom.Ins, atom.Del, atom.Kbd, atom.Mark, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span,
		atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Tt, atom.U, atom.Var, atom.Wbr:
	default:
		m.w.space = true
	}
}

// start acts on a start tag; it says no where the text that is wanted ends.
func (m *markupPreview) start(z *html.Tokenizer) bool {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	if m.skip != 0 {
		if tag == m.skip {
			m.depth++
		}
		return true
	}
	m.around(tag)
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Noscript, atom.Template, atom.Svg, atom.Select, atom.Textarea, atom.Object:
		m.skip, m.depth = tag, 1
		return true
	case atom.Blockquote:
		if !m.all {
			m.skip, m.depth = tag, 1
		}
		return true
	case atom.Div, atom.Span, atom.Pre, atom.P, atom.Table:
	default:
		return true
	}
	for more && !m.all {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch {
		case string(key) == "class" && isQuoteClass(string(value)):
			m.skip, m.depth = tag, 1
		case string(key) == "id" && (string(value) == "divRplyFwdMsg" || string(value) == "appendonsend") && !m.w.empty():
			return false // Outlook: the message that is answered follows
		}
	}
	return true
}

// end acts on an end tag.
func (m *markupPreview) end(tag atom.Atom) {
	if m.skip == 0 {
		m.around(tag)
		return
	}
	if tag == m.skip {
		if m.depth--; m.depth == 0 {
			m.skip, m.w.space = 0, true
		}
	}
}

// isQuoteClass reports whether an element's class is one by which mail programs
// mark what is quoted, who is quoted, or a signature.
func isQuoteClass(classes string) bool {
	for class := range strings.FieldsSeq(classes) {
		switch class {
		case "gmail_quote", "gmail_quote_container", "gmail_attr", "gmail_signature", "gmail_signature_prefix",
			"moz-cite-prefix", "moz-forward-container", "moz-signature", "yahoo_quoted", "protonmail_quote",
			"protonmail_signature_block", "tutanota_quote", "zmail_extra", "AppleMailSignature":
			return true
		}
	}
	return false
}
