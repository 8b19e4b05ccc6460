package mailstore

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Nobody tells an account that another one has deleted a mailbox for which it has a
// key, since nobody knows who has one. A key of a mailbox that is gone opens nothing,
// for mailboxes' numbers are not used again, and is removed when there are too many.

// dropDeadURLKeys removes the keys of others' mailboxes that are gone, and reports
// whether there were any.
func (a *Account) dropDeadURLKeys(ctx context.Context) (dropped bool, err error) {
	view, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return false, unavailable("read", err)
	}
	var dead []URLKeyPlace
	it := view.Scan(kindRange(kindURLKey))
	for it.Next() {
		p, ok := splitURLKeyKey(it.Key())
		if !ok || p.Owner == 0 {
			continue
		}
		gone, err := a.store.isDead(ctx, p)
		if err != nil {
			return false, errors.Join(unavailable("read another account", err), it.Close(), view.Close())
		}
		if gone {
			dead = append(dead, p)
		}
	}
	if err := errors.Join(it.Close(), view.Close()); err != nil {
		return false, unavailable("read mailbox access keys", err)
	}
	if len(dead) == 0 {
		return false, nil
	}
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		for _, p := range dead {
			tx.batch.Delete(urlKeyKey(p), 1+urlKeySize)
		}
		return nil
	})
	return err == nil, err
}

// isDead reports whether a mailbox of another account is gone.
func (s *Store) isDead(ctx context.Context, p URLKeyPlace) (bool, error) {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(p.Owner))
	if err != nil {
		return false, err
	}
	row, err := snap.Get(mailboxKey(p.Mailbox), nil)
	if e := snap.Close(); e != nil {
		return false, e
	}
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return true, nil
	case err != nil:
		return false, err
	}
	b, err := parseMailboxRow(p.Mailbox, row)
	if errors.Is(err, restante.ErrCorrupt) {
		return false, nil // it may be repaired
	}
	return err == nil && b.mailbox.NoSelect, err
}
