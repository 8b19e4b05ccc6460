package message

import (
	"io"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// IsText says whether a part's content is text that SEARCH BODY looks at.
func (p *PartInfo) IsText() bool {
	return p.Kind == KindLeaf && p.Type == "text"
}

// DecodeText gives the text of a part as UTF-8. r reads the part's body as
// stored; its transfer encoding is undone, its charset converted, and of HTML
// only the text is left. What is unknown is guessed, so that the reader fails
// only where r does.
func DecodeText(part PartInfo, r io.Reader) io.Reader {
	buffer := bufferFor(part.Body.Len())
	if dec, err := decodeTransfer(part.Encoding, r, buffer); err == nil {
		r = dec
	}
	if e := findCharset(part.Charset); e != nil && !isUTF8Name(part.Charset) {
		r = transform.NewReader(r, e.NewDecoder())
	} else {
		r = newDecodingReader(r, &guessDecoder{}, buffer)
	}
	if part.Type == "text" && (part.Subtype == "html" || part.Subtype == "x-html") ||
		part.Type == "application" && part.Subtype == "xhtml+xml" {
		r = newDecodingReader(r, &htmlDecoder{}, buffer)
	}
	return r
}

// guessDecoder is [appendGuessed] on pieces.
type guessDecoder struct{ held []byte }

func (d *guessDecoder) append(dst, src []byte) []byte {
	for len(d.held) > 0 && len(src) > 0 { // complete the character that was cut
		d.held = append(d.held, src[0])
		src = src[1:]
		for len(d.held) > 0 && utf8.FullRune(d.held) {
			_, n := utf8.DecodeRune(d.held)
			dst = appendGuessed(dst, d.held[:n])
			d.held = append(d.held[:0], d.held[n:]...)
		}
	}
	cut := len(src)
	for i := 1; i <= min(3, len(src)); i++ {
		c := src[len(src)-i]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(src[len(src)-i:]) {
				cut = len(src) - i
			}
			break
		}
	}
	d.held = append(d.held, src[cut:]...)
	return appendGuessed(dst, src[:cut])
}

func (d *guessDecoder) finish(dst []byte) []byte {
	dst = appendGuessed(dst, d.held)
	d.held = d.held[:0]
	return dst
}

// DecodeCharset gives text of a charset, which a message names so, as UTF-8. What
// is unknown is guessed, as by [DecodeText].
func DecodeCharset(charset string, text []byte) []byte {
	if !isUTF8Name(charset) {
		if e := findCharset(charset); e != nil {
			if out, err := e.NewDecoder().Bytes(text); err == nil {
				return out
			}
		}
	}
	return appendGuessed(make([]byte, 0, len(text)), text)
}
