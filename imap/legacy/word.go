package legacy

import (
	"bytes"

	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// word reads a string of RFC 1176 and RFC 1203:
//
//	string ::= atom / """" 1*character """" / literal
//
// An atom reaches to the next space. In a quoted string a backslash is a character
// like others: what these clients mean by it is not an escape (RFC 2061).
func word(d *wire.Decoder) ([]byte, bool) { return wordTo(d, " ") }

// wordTo is word where an atom ends before any of the octets.
func wordTo(d *wire.Decoder, ends string) ([]byte, bool) {
	switch {
	case d.IsLiteral():
		return d.String()
	case d.Peek() == '"':
		rest := d.Upcoming()
		end := bytes.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, d.Expected("the end of a quoted string")
		}
		d.Skip(end + 2)
		return rest[1 : end+1], true
	}
	rest := d.Upcoming()
	n := bytes.IndexAny(rest, ends)
	if n < 0 {
		n = len(rest)
	}
	if n == 0 || bytes.IndexByte(rest[:n], 0) >= 0 {
		return nil, d.Expected("a string")
	}
	d.Skip(n)
	return rest[:n], true
}

// mailbox reads SP mailbox.
func mailbox(d *wire.Decoder, o *command.Options) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	b, ok := word(d)
	if !ok {
		return "", false
	}
	name, fault := o.MailboxName(b)
	if fault != "" {
		d.Fail(wire.BadName, fault)
		return "", false
	}
	return name, true
}

// ParseSelect reads the argument of SELECT, or of BBOARD (RFC 1176, RFC 1203):
//
//	select ::= "SELECT" SP mailbox
//	bboard ::= "BBOARD" SP string
func ParseSelect(d *wire.Decoder, o command.Options) (command.Select, error) {
	var c command.Select
	c.Mailbox, _ = mailbox(d, &o)
	d.ExpectEndLoosely()
	return c, d.Err()
}

// ParseSubscribe reads the argument of SUBSCRIBE or UNSUBSCRIBE where it has a word
// before the name (RFC 2062, RFC 2061), and says whether it is of a bulletin
// board:
//
//	subscribe_obs ::= "SUBSCRIBE" SPACE ("MAILBOX" / "BBOARD") SPACE mailbox
//
// A name that is MAILBOX is told from the word by what follows (RFC 2062).
func ParseSubscribe(d *wire.Decoder, name string, o command.Options) (c command.Mailbox, bboard bool, err error) {
	rest := bytes.TrimRight(d.Upcoming(), " ")
	for _, kind := range []string{" MAILBOX", " BBOARD"} {
		if d.Ahead(kind+" ") && len(rest) > len(kind)+1 {
			d.Skip(len(kind))
			bboard = kind == " BBOARD"
			break
		}
	}
	c, err = command.ParseMailbox(d, name, o)
	return c, bboard, err
}
