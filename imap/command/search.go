package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// Search is the SEARCH or UID SEARCH command (RFC 9051 §6.4.4, RFC 4466 §2.6).
type Search struct {
	UID     bool
	Program imap.SearchProgram
}

// Name is SEARCH or UID SEARCH.
func (c Search) Name() string { return withUID(c.UID, "SEARCH", "UID SEARCH") }

// LogValue gives the return options and the number of keys, not what is
// searched for, which is from people's mail.
func (c Search) LogValue() slog.Value {
	n := 0
	c.Program.Key.Walk(func(*imap.SearchKey) bool { n++; return true })
	return slog.GroupValue(slog.Int("keys", n), slog.String("charset", c.Program.Charset))
}

func withUID(uid bool, plain, withUID string) string {
	if uid {
		return withUID
	}
	return plain
}
