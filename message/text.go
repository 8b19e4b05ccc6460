package message

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// IsText says whether a part's content is text.
func (p *PartInfo) IsText() bool {
	return p.Kind == KindLeaf && p.Type == "text"
}

// IsLegible says whether a part's content is text that SEARCH BODY looks at: also
// reports like message/delivery-status, which name whom a message could not reach.
func (p *PartInfo) IsLegible() bool {
	return p.Kind == KindLeaf && (p.Type == "text" || p.Type == "message")
}

// DecodeText gives the text of a part as UTF-8. r reads the part's body as
// stored; its transfer encoding is undone, its charset converted, and of HTML
// only the text is left. What is unknown is guessed, so that the reader fails
// only where r does.
func DecodeText(part PartInfo, r io.Reader) *Text {
	buffer := bufferFor(part.Body.Len())
	r = DecodeOctets(part, r)
	t := &Text{}
	if e := findCharset(part.Charset); e != nil && !isUTF8Name(part.Charset) {
		t.converted = &replacementReader{r: transform.NewReader(r, e.NewDecoder())}
		t.failed = &t.converted.(*replacementReader).found
	} else {
		guess := &guessDecoder{failed: e == nil && !isUTF8Name(part.Charset)}
		t.converted = newDecodingReader(r, guess, buffer)
		t.failed = &guess.failed
	}
	t.r = t.converted
	if part.Type == "text" && (part.Subtype == "html" || part.Subtype == "x-html") ||
		part.Type == "application" && part.Subtype == "xhtml+xml" {
		t.r = newDecodingReader(t.converted, &htmlDecoder{}, buffer)
	}
	return t
}

// DecodeOctets gives a part's body, which r reads as stored, with its transfer
// encoding undone. One that is not known stays as it is.
func DecodeOctets(part PartInfo, r io.Reader) io.Reader {
	if dec, err := decodeTransfer(part.Encoding, r, bufferFor(part.Body.Len())); err == nil {
		return dec
	}
	return r
}

// Text reads the text of a part: see [DecodeText].
type Text struct {
	r         io.Reader
	converted io.Reader // without what is done for HTML
	failed    *bool
}

// Read implements io.Reader.
func (t *Text) Read(p []byte) (int, error) { return t.r.Read(p) }

// Decodable reads to the end and reports whether all of it is text of a known
// charset (RFC 5255 §4.6). What is said to be ASCII and is UTF-8 is.
func (t *Text) Decodable() (bool, error) {
	if *t.failed {
		return false, nil
	}
	_, err := io.Copy(io.Discard, t.converted)
	return !*t.failed, err
}

// replacementReader looks for what decoders put in place of what is wrong.
type replacementReader struct {
	r     io.Reader
	tail  [2]byte // of what was read before
	found bool
}

func (r *replacementReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if !r.found && n > 0 {
		var edge [4]byte
		copy(edge[:2], r.tail[:])
		k := copy(edge[2:], p[:n])
		r.found = bytes.Contains(p[:n], replacement) || bytes.Contains(edge[:2+k], replacement)
		if n >= 2 {
			copy(r.tail[:], p[n-2:n])
		} else {
			r.tail[0], r.tail[1] = r.tail[1], p[0]
		}
	}
	return n, err
}

// guessDecoder is [appendGuessed] on pieces.
type guessDecoder struct {
	held   []byte
	failed bool // something had to be guessed
}

func (d *guessDecoder) append(dst, src []byte) []byte {
	for len(d.held) > 0 && len(src) > 0 { // complete the character that was cut
		d.held = append(d.held, src[0])
		src = src[1:]
		for len(d.held) > 0 && utf8.FullRune(d.held) {
			_, n := utf8.DecodeRune(d.held)
			dst = d.guess(dst, d.held[:n])
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
	return d.guess(dst, src[:cut])
}

func (d *guessDecoder) guess(dst, b []byte) []byte {
	d.failed = d.failed || !utf8.Valid(b)
	return appendGuessed(dst, b)
}

func (d *guessDecoder) finish(dst []byte) []byte {
	dst = d.guess(dst, d.held)
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
