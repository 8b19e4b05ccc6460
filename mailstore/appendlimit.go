package mailstore

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// AppendLimit is the mailbox's own bound on the octets of a message that APPEND
// puts in; ok is false where the server's holds (RFC 7889 §3).
func (m *Mailbox) AppendLimit() (limit int64, ok bool) { return m.appendLimit - 1, m.appendLimit > 0 }

// SetAppendLimit gives a mailbox a bound of its own on the octets of a message,
// which clients see as EntryAppendLimit. 0 lets nothing be appended; a negative
// one is none. An unknown mailbox is restante.ErrNotFound.
func (a *Account) SetAppendLimit(ctx context.Context, name string, limit int64) error {
	name, err := normalizeName(name)
	if err != nil {
		return err
	}
	stored := max(limit, -1) + 1
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		d := tx.named(name)
		if d == nil || d.mailbox.NoSelect {
			return fmt.Errorf("mailstore: mailbox %q: %w", name, restante.ErrNotFound)
		}
		if d.mailbox.appendLimit == stored {
			return nil
		}
		d.mailbox.appendLimit = stored
		row := metadataRow{modSeq: tx.modSeq, gone: true, name: EntryAppendLimit}
		tx.batch.Set(metadataKey(d.mailbox.ID, 0, EntryAppendLimit), row.appendTo(nil, EntryAppendLimit))
		tx.structure = true
		tx.touchMetadata(d)
		return nil
	})
	return err
}

// HasAppendLimits reports whether a mailbox has a bound of its own.
func (s *State) HasAppendLimits() bool {
	for _, b := range s.mailboxes {
		if b.mailbox.appendLimit > 0 {
			return true
		}
	}
	return false
}
