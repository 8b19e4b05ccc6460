package command

import "log/slog"

// Simple is a command without arguments:
//
//	"CAPABILITY" / "NOOP" / "LOGOUT" / "STARTTLS" / "NAMESPACE" / "CHECK" /
//	"CLOSE" / "UNSELECT" / "EXPUNGE" / "IDLE"
//
// (RFC 9051 §6.1, §6.2.1, §6.3.10, §6.3.13, §6.4; RFC 3501 §6.4.1). IDLE goes
// on until a line that says DONE: see [ParseDone].
type Simple struct{ Command string }

// Name is the command's name.
func (c Simple) Name() string { return c.Command }

// LogValue gives the name.
func (c Simple) LogValue() slog.Value { return slog.GroupValue() }
