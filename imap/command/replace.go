package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Replace is the beginning of a REPLACE or UID REPLACE command (RFC 8508 §5):
//
//	replace = "REPLACE" SP seq-number SP mailbox append-message
//
// The message is read by [Append.Next], which then has to be called again: there
// is no other, and the command must be at its end.
type Replace struct {
	UID    bool
	Set    imap.NumSet // of one number, or "*"
	Append *Append
}

// Name is REPLACE or UID REPLACE.
func (c *Replace) Name() string { return withUID(c.UID, "REPLACE", "UID REPLACE") }

// LogValue gives the message's number and the mailbox.
func (c *Replace) LogValue() slog.Value {
	return slog.GroupValue(logSet(c.Set), slog.String("mailbox", c.Append.Mailbox))
}

// ParseReplace reads the number and the mailbox of REPLACE, or of UID REPLACE.
func ParseReplace(d *wire.Decoder, uid bool, o Options) (*Replace, error) {
	c := &Replace{UID: uid}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Set, _ = d.NumSet(o.setRanges())
	if d.Err() == nil && !isOneNumber(c.Set) {
		d.Expected("the number of one message")
		return c, d.Err()
	}
	if d.Err() != nil {
		return c, d.Err()
	}
	var err error
	if c.Append, err = ParseAppendStart(d, o); err != nil {
		return c, err
	}
	c.Append.single = true
	return c, nil
}

// isOneNumber reports whether the set is seq-number: one number, or "*".
func isOneNumber(set imap.NumSet) bool {
	if set.HasStar() {
		return set.String() == "*"
	}
	r := set.Ranges()
	return !set.IsSaved() && len(r) == 1 && r[0].Start == r[0].Stop
}
