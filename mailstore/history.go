package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
)

// maxHistory bounds the ranges of UIDs in a mailbox's history of expunges.
// Beyond it the oldest half is forgotten.
const maxHistory = 10_000

// remember adds an expunge to the mailbox's history, of which it forgets the
// oldest part if it becomes too long.
func (tx *txn) remember(d *draft, uids UIDSet) error {
	if len(uids) > maxHistory {
		tx.batch.DeleteRange(expungedRange(d.mailbox.ID))
		d.floor, d.history = tx.modSeq, 0
		return nil
	}
	tx.batch.Add(expungedKey(d.mailbox.ID, tx.modSeq), appendUIDSet(nil, uids))
	d.history += uint32(len(uids))
	if d.history <= maxHistory {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	it := view.Scan(expungedRange(d.mailbox.ID))
	for d.history > maxHistory/2 && it.Next() {
		at, set, err := parseExpunged(it.Key(), it.Value())
		if err != nil {
			return errors.Join(err, it.Close())
		}
		tx.batch.Delete(slices.Clone(it.Key()), len(it.Value()))
		d.history -= min(d.history, uint32(len(set)))
		d.floor = at
	}
	if err := it.Close(); err != nil {
		return unavailable("read history", err)
	}
	return nil
}

// parseExpunged reads a row of a mailbox's history.
func parseExpunged(key, value []byte) (restante.ModSeq, UIDSet, error) {
	set, ok := parseUIDSet(value)
	at, okKey := expungedModSeq(key)
	if !ok || !okKey {
		return 0, nil, fmt.Errorf("mailstore: row %x: %w", key, restante.ErrCorrupt)
	}
	return at, set, nil
}

// Vanished answers the UIDs that were expunged after since, for a client that
// knew the mailbox as it was then (RFC 7162 §3.2.5.1). If the history does not
// go back so far, it answers all UIDs that were given out and are not there.
func (a *Account) Vanished(ctx context.Context, mb restante.MailboxID, since restante.ModSeq) (UIDSet, error) {
	s, err := a.Snapshot(ctx, mb)
	if err != nil {
		return nil, err
	}
	if since >= s.mailbox.HighestModSeq {
		return nil, nil
	}
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return nil, unavailable("read history", err)
	}
	defer snap.Close()
	row, err := snap.Get(mailboxKey(mb), nil)
	if err != nil {
		return nil, unavailable("read history", err)
	}
	b, err := parseMailboxRow(mb, row) // as old as the history read below
	if err != nil {
		return nil, err
	}
	if since < b.floor {
		return s.absent(), nil
	}
	start, end := expungedRange(mb)
	if since > 0 {
		start = expungedKey(mb, since+1)
	}
	it := snap.Scan(start, end)
	var list []UIDRange
	for it.Next() {
		at, set, err := parseExpunged(it.Key(), it.Value())
		if err != nil {
			return nil, errors.Join(err, it.Close())
		}
		if at <= s.modSeq {
			list = append(list, set...)
		}
	}
	if err := it.Close(); err != nil {
		return nil, unavailable("read history", err)
	}
	return NewUIDSet(list), nil
}

// absent are the UIDs below UIDNEXT that no message has.
func (s *Snapshot) absent() UIDSet {
	if s.mailbox.UIDNext == 1 {
		return nil
	}
	var present UIDSet
	for _, p := range s.pages {
		present = p.addUIDs(present, []span{{0, p.n}})
	}
	return UIDSet{{1, s.mailbox.UIDNext - 1}}.Minus(present)
}
