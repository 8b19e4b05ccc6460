package convert

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/restante/restante/message"
)

// Header gives the charset that a request wants the texts of a header in (RFC 5259
// §6), which must be named. The error is an *[Error] about mediaType, that of what
// the header belongs to.
func Header(mediaType string, r Request) (message.Charset, error) {
	t := Conversion{From: mediaType, To: mediaType, Params: []string{paramCharset, paramReplacement}}
	if err := r.check(t); err != nil {
		return message.Charset{}, err
	}
	name, named := r.get(paramCharset)
	if !named {
		return message.Charset{}, &Error{
			Kind: MissingParameters, Text: "CHARSET must be specified for headers", From: mediaType, To: mediaType, Missing: []string{paramCharset},
		}
	}
	c, _ := targetCharset(name) // which check has checked
	replacement, replace := r.get(paramReplacement)
	none := func(rune) (string, bool) { return "", false }
	if _, ok := c.encode([]byte(replacement), none); !ok || !utf8.ValidString(replacement) {
		return message.Charset{}, &Error{Kind: BadParameters, Text: "The replacement is not in this charset", From: mediaType, To: mediaType, Params: slices.Clone(r.Params)}
	}
	return message.Charset{
		Name: strings.ToUpper(c.name),
		Encode: func(text []byte) ([]byte, bool) {
			return c.encode(text, func(rune) (string, bool) { return replacement, replace })
		},
	}, nil
}
