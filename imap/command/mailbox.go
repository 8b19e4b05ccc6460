package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// Mailbox is a command whose only argument is a mailbox name (RFC 9051 §6.3.5,
// §6.3.7, §6.3.8, RFC 4314 §3.3, §3.5, RFC 9208 §4.1.2):
//
//	delete      = "DELETE" SP mailbox
//	subscribe   = "SUBSCRIBE" SP mailbox
//	unsubscribe = "UNSUBSCRIBE" SP mailbox
//	getacl      = "GETACL" SP mailbox
//	myrights    = "MYRIGHTS" SP mailbox
//	getquotaroot = "GETQUOTAROOT" SP mailbox
type Mailbox struct {
	Command string
	Mailbox string
}

// Name is DELETE, SUBSCRIBE, UNSUBSCRIBE, GETACL, MYRIGHTS or GETQUOTAROOT.
func (c Mailbox) Name() string { return c.Command }

// LogValue gives the mailbox.
func (c Mailbox) LogValue() slog.Value { return slog.GroupValue(slog.String("mailbox", c.Mailbox)) }

// Create is the CREATE command (RFC 9051 §6.3.4, RFC 6154 §3):
//
//	create       = "CREATE" SP mailbox [create-params]
//	create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"
type Create struct {
	Mailbox string   // with a trailing delimiter where the client sent one
	Use     []string // special-use attributes as sent, such as \Sent
}

// Name is CREATE.
func (Create) Name() string { return "CREATE" }

// LogValue gives the mailbox and its use.
func (c Create) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.Any("use", c.Use))
}

// Rename is the RENAME command (RFC 9051 §6.3.6):
//
//	rename = "RENAME" SP mailbox SP mailbox
type Rename struct {
	From, To string
}

// Name is RENAME.
func (Rename) Name() string { return "RENAME" }

// LogValue gives both names.
func (c Rename) LogValue() slog.Value {
	return slog.GroupValue(slog.String("from", c.From), slog.String("to", c.To))
}

// ParseMailbox reads the argument of a command that has a mailbox name alone.
func ParseMailbox(d *wire.Decoder, name string, o Options) (Mailbox, error) {
	c := Mailbox{Command: name}
	c.Mailbox, _ = mailbox(d, &o)
	return c, end(d)
}

// ParseCreate reads the arguments of CREATE.
func ParseCreate(d *wire.Decoder, o Options) (Create, error) {
	var c Create
	c.Mailbox, _ = mailbox(d, &o)
	d.SkipSpaces()
	if d.AtEnd() || d.Err() != nil {
		return c, d.Err()
	}
	d.List(func() bool {
		b, ok := d.Keyword()
		if ok && string(b) != "USE" {
			return d.Expected("USE")
		}
		if !ok || !d.ExpectSP() {
			return false
		}
		c.Use, ok = flagList(d, false, &o)
		return ok
	})
	return c, end(d)
}

// ParseRename reads the arguments of RENAME.
func ParseRename(d *wire.Decoder, o Options) (Rename, error) {
	var c Rename
	c.From, _ = mailbox(d, &o)
	c.To, _ = mailbox(d, &o)
	return c, end(d)
}
