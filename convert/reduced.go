package convert

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// reduced gives an HTML document with nothing but what [plainOf] looks at. Above all,
// the tags of bold words and the like go, and most attributes: where such a tag is not
// closed a parser makes the element anew in each paragraph after it, with all its
// attributes, so that a few kilobytes become gigabytes. Text is written such that no
// tag can come of what went.
func reduced(document []byte) []byte {
	z := html.NewTokenizer(bytes.NewReader(document))
	out := make([]byte, 0, len(document)+len(document)/8)
	hidden := false // the text that follows is none for a reader
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken: // the end: there are no others in memory
			return out
		case html.TextToken:
			if !hidden {
				out = append(out, html.EscapeString(string(z.Text()))...)
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			out, hidden = appendReduced(out, z, kind)
		}
	}
}

// appendReduced writes what is left of a tag; hidden says that the text within it is
// of no use.
func appendReduced(out []byte, z *html.Tokenizer, kind html.TokenType) (_ []byte, hidden bool) {
	name, more := z.TagName()
	attribute := ""
	switch atom.Lookup(name) {
	case atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S, atom.Small, atom.Strike, atom.Strong,
		atom.Tt, atom.U, atom.Math, atom.Plaintext, atom.Xmp:
		return out, false
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Script, atom.Style, atom.Textarea, atom.Title:
		return out, kind != html.EndTagToken
	case atom.Svg: // in which all tags mean something else
		if kind == html.SelfClosingTagToken {
			return out, false
		}
		name = []byte("object")
	case atom.A:
		attribute = "href"
	case atom.Img, atom.Image:
		attribute = "alt"
	case atom.Ol, atom.Ul:
		attribute = "start"
	}
	out = append(out, '<')
	if kind == html.EndTagToken {
		out, more = append(out, '/'), false
	}
	out = append(out, name...)
	for more && attribute != "" {
		var key, value []byte
		if key, value, more = z.TagAttr(); string(key) == attribute {
			out = append(append(append(out, ' '), attribute...), '=', '"')
			out = append(append(out, html.EscapeString(string(value))...), '"')
			attribute = ""
		}
	}
	return append(out, '>'), false
}
