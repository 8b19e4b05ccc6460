package command

import "github.com/restante/restante/imap/wire"

// catenation is where the parts of a message stand that is given by CATENATE.
type catenation struct {
	begun, ended bool
	count        int
	literal      bool // the last part was one
}

// AppendPart is one part of a message that is put together (RFC 4469 §5, RFC 6855
// §4):
//
//	cat-part     = text-literal / url / utf8-literal
//	text-literal = "TEXT" SP literal
//	url          = "URL" SP astring
//	utf8-literal = "UTF8" SP "(" literal8 ")"
//
// A text may be a literal8, as that of a message may (RFC 3516 §4.4).
type AppendPart struct {
	// URL is that of the part as the client wrote it. Empty: the part is Literal,
	// whose octets come from the decoder, by [wire.Decoder.AcceptLiteral].
	URL     string
	Literal wire.Literal
	UTF8    bool // a literal whose header may have 8-bit characters
}

// NextPart reads up to the next part's octets, and says no, without an error, at
// the end of the message. What was not read of a literal is skipped. Errors are to
// be treated as those of [Append.Next].
func (c *Append) NextPart(d *wire.Decoder) (part AppendPart, ok bool, err error) {
	if c.parts.literal && !c.endLiteral(d) {
		return part, false, d.Err()
	}
	c.parts.literal, c.utf8 = false, false
	if c.parts.count > 0 && d.Peek() == ')' {
		d.ExpectSpecial(')')
		c.parts.ended = true
		return part, false, d.Err()
	}
	if c.parts.count > 0 && !d.ExpectSP() {
		return part, false, d.Err()
	}
	if c.parts.count++; c.parts.count > or(c.opts.Limits.AppendParts, 1000) {
		return part, false, d.Fail(wire.OverLimit, "too many parts in one message")
	}
	kind, ok := d.Keyword()
	if !ok {
		return part, false, d.Err()
	}
	switch string(kind) {
	case "URL":
		part.URL, ok = c.url(d)
		return part, ok, d.Err()
	case "UTF8":
		c.utf8, part.UTF8 = true, true
		ok = d.ExpectSP() && d.ExpectSpecial('(')
	case "TEXT":
		ok = d.ExpectSP()
	default:
		ok = d.Expected("TEXT or URL")
	}
	if !ok {
		return part, false, d.Err()
	}
	if part.Literal, ok = d.ExpectMessageLiteral(); ok && part.UTF8 && !part.Literal.Binary {
		ok = d.Expected("a literal with ~ in UTF8 (…)") // RFC 6855 §4
	}
	c.parts.literal = ok
	return part, ok, d.Err()
}

// url reads SP astring.
func (c *Append) url(d *wire.Decoder) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	return urlText(d, &c.opts)
}

// urlText reads a URL as the client wrote it, an astring that is not empty.
func urlText(d *wire.Decoder, o *Options) (string, bool) {
	b, ok := d.AString()
	switch {
	case !ok:
		return "", false
	case len(b) == 0:
		return "", d.Expected("a URL")
	case len(b) > or(o.Limits.URL, 8000):
		d.Fail(wire.OverLimit, "URL is too long")
		return "", false
	}
	return string(b), true
}
