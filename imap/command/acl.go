package command

import (
	"log/slog"
	"unicode/utf8"

	"github.com/restante/restante/imap/wire"
)

// Identifier is a command that names a mailbox and an identifier of its access
// control list (RFC 4314 §3.2, §3.4):
//
//	deleteacl  = "DELETEACL" SP mailbox SP identifier
//	listrights = "LISTRIGHTS" SP mailbox SP identifier
//	identifier = astring
type Identifier struct {
	Command    string
	Mailbox    string
	Identifier string // as sent, in UTF-8
}

// Name is DELETEACL or LISTRIGHTS.
func (c Identifier) Name() string { return c.Command }

// LogValue gives the mailbox and the identifier.
func (c Identifier) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.String("identifier", c.Identifier))
}

// SetACL is the SETACL command (RFC 4314 §3.1):
//
//	setacl     = "SETACL" SP mailbox SP identifier SP mod-rights
//	mod-rights = astring
//	             ;; +rights to add, -rights to remove, rights to replace
type SetACL struct {
	Mailbox    string
	Identifier string
	Sign       byte   // '+', '-', or 0 to replace
	Rights     string // letters, without the sign
}

// Name is SETACL.
func (SetACL) Name() string { return "SETACL" }

// LogValue gives all of it.
func (c SetACL) LogValue() slog.Value {
	rights := c.Rights
	if c.Sign != 0 {
		rights = string(c.Sign) + rights
	}
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.String("identifier", c.Identifier), slog.String("rights", rights))
}

// ParseIdentifier reads the arguments of DELETEACL or LISTRIGHTS.
func ParseIdentifier(d *wire.Decoder, name string, o Options) (Identifier, error) {
	c := Identifier{Command: name}
	c.Mailbox, _ = mailbox(d, &o)
	c.Identifier, _ = identifier(d, &o)
	return c, end(d)
}

// ParseSetACL reads the arguments of SETACL.
func ParseSetACL(d *wire.Decoder, o Options) (SetACL, error) {
	var c SetACL
	c.Mailbox, _ = mailbox(d, &o)
	c.Identifier, _ = identifier(d, &o)
	if !d.ExpectSP() {
		return c, d.Err()
	}
	b, ok := d.AString()
	if ok && len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		c.Sign, b = b[0], b[1:]
	}
	if len(b) > maxRights {
		return c, d.Fail(wire.OverLimit, "too many rights")
	}
	c.Rights = string(b)
	return c, end(d)
}

// maxRights bounds the letters of one command: as many as there can be.
const maxRights = 26 + 10

// identifier reads SP identifier.
func identifier(d *wire.Decoder, o *Options) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	b, ok := d.AString()
	switch {
	case !ok:
		return "", false
	case len(b) == 0 || !utf8.Valid(b):
		return "", d.Expected("an identifier in UTF-8")
	case len(b) > or(o.Limits.MailboxName, 3000):
		d.Fail(wire.OverLimit, "identifier is too long")
		return "", false
	}
	return string(b), true
}
