package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// Fetch is the FETCH or UID FETCH command (RFC 9051 §6.4.5, RFC 4466 §2.4, RFC
// 7162 §3.1.4, §3.2.6).
type Fetch struct {
	UID          bool
	Set          imap.NumSet
	Items        imap.FetchItems
	ChangedSince uint64 // valid where HasChangedSince; 0 is allowed
	// HasChangedSince says that CHANGEDSINCE was given.
	HasChangedSince bool
	Vanished        bool // only with UID and CHANGEDSINCE
}

// Name is FETCH or UID FETCH.
func (c *Fetch) Name() string { return withUID(c.UID, "FETCH", "UID FETCH") }

// LogValue gives the set and the items.
func (c *Fetch) LogValue() slog.Value {
	return slog.GroupValue(logSet(c.Set), slog.String("items", string(c.Items.Append(nil))))
}

// logSet gives a set for a log, cut where it is very long.
func logSet(set imap.NumSet) slog.Attr {
	const most = 64
	r := set.Ranges()
	if len(r) > most {
		return slog.String("set", imap.NumSetOfRanges(r[:most:most]).String()+",…")
	}
	return slog.String("set", set.String())
}
