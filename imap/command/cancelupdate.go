package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap/wire"
)

// CancelUpdate is the CANCELUPDATE command (RFC 5267 §4.3.5, §5):
//
//	"CANCELUPDATE" 1*(SP quoted)
type CancelUpdate struct {
	Tags []string // of the commands that asked for updates
}

// Name is CANCELUPDATE.
func (CancelUpdate) Name() string { return "CANCELUPDATE" }

// LogValue gives the tags.
func (c CancelUpdate) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tags", strings.Join(c.Tags, " ")))
}

// ParseCancelUpdate reads the arguments of CANCELUPDATE. A tag is taken as a
// literal or an atom too.
func ParseCancelUpdate(d *wire.Decoder, o Options) (CancelUpdate, error) {
	var c CancelUpdate
	for d.ExpectSP() {
		b, ok := d.AString()
		if !ok {
			break
		}
		if len(c.Tags) == or(o.Limits.Contexts, 1000) {
			return c, d.Fail(wire.OverLimit, "too many tags")
		}
		c.Tags = append(c.Tags, string(b))
		if d.AtEnd() {
			break
		}
	}
	return c, end(d)
}
