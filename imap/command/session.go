package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// Simple is a command without arguments:
//
//	"CAPABILITY" / "NOOP" / "LOGOUT" / "STARTTLS" / "NAMESPACE" / "CHECK" /
//	"CLOSE" / "UNSELECT" / "EXPUNGE" / "IDLE" / "UNAUTHENTICATE"
//
// (RFC 9051 §6.1, §6.2.1, §6.3.10, §6.3.13, §6.4; RFC 3501 §6.4.1; RFC 8437 §6). IDLE goes
// on until a line that says DONE: see [ParseDone].
type Simple struct{ Command string }

// Name is the command's name.
func (c Simple) Name() string { return c.Command }

// LogValue gives the name.
func (c Simple) LogValue() slog.Value { return slog.GroupValue() }

// ParseSimple reads the end of a command without arguments.
func ParseSimple(d *wire.Decoder, name string) (Simple, error) {
	return Simple{Command: name}, end(d)
}

// ParseDone reads the line that ends IDLE (RFC 9051 §6.3.13), after
// [wire.Decoder.Begin].
func ParseDone(d *wire.Decoder) error {
	b, ok := d.Keyword()
	if ok && string(b) != "DONE" {
		d.Expected("DONE")
	}
	return end(d)
}
