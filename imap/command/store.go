package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// Store is the STORE or UID STORE command (RFC 9051 §6.4.6, RFC 7162 §3.1.3):
//
//	store           = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
//	store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"
//	store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP
//	                  (flag-list / (flag *(SP flag)))
type Store struct {
	UID    bool
	Set    imap.NumSet
	Action imap.StoreAction
	Silent bool
	Flags  []string
	// UnchangedSince is valid where HasUnchangedSince; 0 is allowed.
	UnchangedSince    uint64
	HasUnchangedSince bool
}

// Name is STORE or UID STORE.
func (c *Store) Name() string { return withUID(c.UID, "STORE", "UID STORE") }

// LogValue gives the set, the action and the flags.
func (c *Store) LogValue() slog.Value {
	return slog.GroupValue(logSet(c.Set), slog.String("action", c.Action.String()), slog.Any("flags", c.Flags))
}
