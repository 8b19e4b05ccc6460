package convert

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	htmlcharset "golang.org/x/net/html/charset"
	"unicode/utf8"

	"github.com/restante/restante/message"
)

// htmlMemory is how many times its own size an HTML document takes when it is
// read, about: a node of some hundred bytes may stand for three.
const htmlMemory = 64

// text converts text.
func (j *job) text() (Result, error) {
	isHTML := j.from == typeHTML || j.from == typeXHTML
	times := int64(8)
	if isHTML && j.to == typePlain {
		times = htmlMemory
	}
	src, err := j.load(j.c.options.Limits.Text, func(src []byte) (int64, error) { return times * int64(len(src)), nil })
	if err != nil {
		return Result{}, err
	}
	text := j.decode(src, isHTML)
	if isHTML && j.to == typePlain {
		if text, err = plainOf(j.ctx, text); err != nil {
			return Result{}, cmp.Or(j.ctx.Err(), j.fail("This HTML cannot be read"))
		}
	}
	return j.encode(withCRLF(text))
}

// decode gives the text in UTF-8. A charset that is unknown, or not named, is
// guessed as for searches.
func (j *job) decode(src []byte, isHTML bool) []byte {
	if isHTML && !utf8.Valid(src) && (j.src.Charset == "" || strings.EqualFold(j.src.Charset, "us-ascii")) {
		// The document may name it.
		if enc, _, _ := htmlcharset.DetermineEncoding(src, j.from); enc != nil {
			if out, err := enc.NewDecoder().Bytes(src); err == nil {
				return out
			}
		}
	}
	return message.DecodeCharset(j.src.Charset, src)
}

// encode gives the result in the charset that is asked for, else in UTF-8.
func (j *job) encode(text []byte) (Result, error) {
	name, asked := j.request.get(paramCharset)
	if !asked {
		name = "utf-8"
	}
	c, _ := targetCharset(name) // which Targets has checked
	replacement, replace := j.request.get(paramReplacement)
	var blame []Param
	for _, p := range j.request.Params {
		if p.Name == paramCharset || p.Name == paramReplacement {
			blame = append(blame, p)
		}
	}
	if _, ok := c.encode([]byte(replacement), func(rune) (string, bool) { return "", false }); !ok {
		return Result{}, j.fail("The replacement is not in this charset", blame...) // RFC 5259 §7.1
	}
	body, ok := c.encode(text, func(r rune) (string, bool) {
		if !replace && j.to == typeHTML {
			return fmt.Sprintf("&#%d;", r), true // nothing is lost
		}
		return replacement, replace
	})
	if !ok {
		return Result{}, j.fail("The text has characters that are not in this charset", blame...)
	}
	return Result{Type: j.to, Params: []Param{{paramCharset, c.name}}, Body: body}, nil
}

// withCRLF ends every line by CRLF (RFC 3516 §6).
func withCRLF(text []byte) []byte {
	if bytes.Count(text, []byte{'\n'}) == bytes.Count(text, []byte("\r\n")) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/32)
	for i, c := range text {
		if c == '\n' && (i == 0 || text[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}
