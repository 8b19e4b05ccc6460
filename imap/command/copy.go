package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Copy is the COPY or MOVE command or its UID form (RFC 9051 §6.4.7, §6.4.8):
//
//	copy = "COPY" SP sequence-set SP mailbox
//	move = "MOVE" SP sequence-set SP mailbox
type Copy struct {
	UID     bool
	Move    bool
	Set     imap.NumSet
	Mailbox string
}

// Name is COPY, MOVE, UID COPY or UID MOVE.
func (c *Copy) Name() string {
	if c.Move {
		return withUID(c.UID, "MOVE", "UID MOVE")
	}
	return withUID(c.UID, "COPY", "UID COPY")
}

// LogValue gives the set and the mailbox.
func (c *Copy) LogValue() slog.Value {
	return slog.GroupValue(logSet(c.Set), slog.String("mailbox", c.Mailbox))
}

// UIDExpunge is the UID EXPUNGE command (RFC 9051 §6.4.9, RFC 4315 §2.1):
//
//	uid-expunge = "EXPUNGE" SP sequence-set
type UIDExpunge struct {
	Set imap.UIDSet
}

// Name is UID EXPUNGE.
func (UIDExpunge) Name() string { return "UID EXPUNGE" }

// LogValue gives the set.
func (c UIDExpunge) LogValue() slog.Value { return slog.GroupValue(logSet(c.Set)) }

// ParseCopy reads the arguments of COPY or MOVE, or of their UID forms.
func ParseCopy(d *wire.Decoder, uid, move bool, o Options) (*Copy, error) {
	c := &Copy{UID: uid, Move: move}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Set, _ = d.NumSet(o.setRanges())
	c.Mailbox, _ = mailbox(d, &o)
	return c, end(d)
}

// ParseUIDExpunge reads the argument of UID EXPUNGE.
func ParseUIDExpunge(d *wire.Decoder, o Options) (UIDExpunge, error) {
	var c UIDExpunge
	if d.ExpectSP() {
		c.Set, _ = d.NumSet(o.setRanges())
	}
	return c, end(d)
}
