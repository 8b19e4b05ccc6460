package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Whoever works with another account's mailbox leaves rows of his own there: what he
// has seen, private metadata and private annotations. Before the first of them his
// own account notes where that is, so that they can be found when he is removed. A
// note may be superfluous, and never is one missing.

// guestKey is the row in a guest's account that notes a host's.
func guestKey(host restante.AccountID) []byte { return key64(kindGuest, uint64(host)) }

// guestList is who of the other accounts has noted that he works with an account.
type guestList struct {
	sync.Mutex
	noted map[restante.AccountID]struct{}
}

func (l *guestList) has(id restante.AccountID) bool {
	l.Lock()
	defer l.Unlock()
	_, there := l.noted[id]
	return there
}

func (l *guestList) add(id restante.AccountID) {
	l.Lock()
	defer l.Unlock()
	if l.noted == nil {
		l.noted = make(map[restante.AccountID]struct{})
	}
	l.noted[id] = struct{}{}
}

func (l *guestList) remove(id restante.AccountID) {
	l.Lock()
	defer l.Unlock()
	delete(l.noted, id)
}

// enter makes sure that the viewer's account notes that he works with this one. It
// costs the owner nothing, and a viewer a commit to his own account the first time.
// One whose account was removed is restante.ErrNotFound; one that never had an
// account is not noted anywhere.
func (a *Account) enter(ctx context.Context) error {
	if a.viewer == 0 || a.guests.has(a.viewer) {
		return nil
	}
	guest, err := a.store.Account(ctx, a.viewer)
	if errors.Is(err, restante.ErrNotFound) {
		gone, e := a.store.wasRemoved(ctx, a.viewer)
		if e != nil || gone {
			return errors.Join(e, err)
		}
		a.guests.add(a.viewer)
		return nil
	}
	if err != nil {
		return err
	}
	defer guest.Release()
	_, err = guest.owner.update(ctx, kv.Durable, func(tx *txn) error {
		view, err := tx.read()
		if err != nil {
			return err
		}
		_, err = view.Get(guestKey(a.id), nil)
		if errors.Is(err, kv.ErrNotFound) {
			tx.batch.UseReserve() // as little as what is to follow may be
			tx.batch.Set(guestKey(a.id), nil)
			return nil
		}
		return err
	})
	if err == nil {
		a.guests.add(a.viewer)
	}
	return err
}

// enteredLocked answers restante.ErrNotFound for a viewer who was forgotten since he
// entered.
func (a *Account) enteredLocked() error {
	if a.viewer == 0 || a.guests.has(a.viewer) {
		return nil
	}
	return notFound("account", uint64(a.viewer))
}

// wasRemoved reports whether there was an account which was removed.
func (s *Store) wasRemoved(ctx context.Context, id restante.AccountID) (bool, error) {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(id))
	if err != nil {
		return false, unavailable("read", err)
	}
	defer snap.Close()
	_, err = snap.Get(goneKey(), nil)
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// hosts gives the accounts that an account, which may be removed, has noted.
func hosts(snap kv.Snapshot) (list []restante.AccountID, err error) {
	it := snap.Scan(kindRange(kindGuest))
	for it.Next() {
		n, rest, ok := keyNumber(it.Key())
		if !ok || len(rest) > 0 {
			return nil, errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		list = append(list, restante.AccountID(n))
	}
	return list, it.Close()
}

// forgetGuest removes from other accounts what one that was removed left there, and
// then that it is noted. It can be called again.
func (s *Store) forgetGuest(ctx context.Context, guest restante.AccountID) error {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(guest))
	if err != nil {
		return unavailable("read", err)
	}
	list, err := hosts(snap)
	version := snap.Version()
	if err := errors.Join(err, snap.Close()); err != nil || len(list) == 0 {
		return err
	}
	var failed error
	for _, id := range list {
		host, err := s.Account(ctx, id)
		if err == nil {
			err = host.ForgetViewer(ctx, guest)
			host.Release()
		}
		if err != nil && !errors.Is(err, restante.ErrNotFound) {
			failed = errors.Join(failed, fmt.Errorf("account %d: %w", id, err))
		}
	}
	if failed != nil {
		return failed
	}
	var batch kv.Batch
	batch.UseReserve()
	batch.DeleteRange(kindRange(kindGuest))
	if _, err := s.kv.Commit(ctx, kv.Partition(guest), version, &batch, kv.Durable); err != nil && !errors.Is(err, kv.ErrConflict) {
		return unavailable("commit", err)
	}
	return nil // on a conflict another node does the same
}

// ForgetViewer removes everything that another account has left in this one: what it
// has seen, and its private metadata and annotations, which count in the quota.
func (a *Account) ForgetViewer(ctx context.Context, viewer restante.AccountID) error {
	if viewer == 0 || viewer == a.id {
		return fmt.Errorf("mailstore: the owner is no viewer: %w", restante.ErrInvalid)
	}
	_, err := a.owner.update(ctx, kv.Durable, func(tx *txn) error {
		a.guests.remove(viewer)
		tx.batch.UseReserve()
		if err := tx.forgetMetadata(0, viewer); err != nil {
			return err
		}
		for _, b := range tx.base.mailboxes {
			if err := tx.forgetIn(b.mailbox, viewer); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// forgetIn removes what a viewer has left in a mailbox.
func (tx *txn) forgetIn(mb *Mailbox, viewer restante.AccountID) error {
	view, err := tx.read()
	if err != nil {
		return err
	}
	if _, any := tx.base.seen[mb.ID]; any {
		it := view.Scan(seenRange(mb.ID, viewer))
		for it.Next() {
			tx.batch.Delete(append([]byte(nil), it.Key()...), len(it.Value()))
		}
		if err := it.Close(); err != nil {
			return unavailable("read what is seen", err)
		}
	}
	if mb.MetadataModSeq != 0 {
		if err := tx.forgetMetadata(mb.ID, viewer); err != nil {
			return err
		}
	}
	if mb.annotationRows == 0 {
		return nil
	}
	d := tx.draftOf(mb.ID)
	before := *d
	c := newAnnotationCursor(view, mb.ID)
	defer c.close()
	err = c.each(UIDSet{{1, 1<<32 - 1}}, func(id annotationID, row annotationRow) error {
		if id.of == viewer {
			tx.deleteAnnotation(d, id, &row)
		}
		return nil
	})
	if err != nil {
		return unavailable("read annotations", err)
	}
	// Nobody else is to be told of what nobody else could see.
	d.mailbox.AnnotationModSeq = before.mailbox.AnnotationModSeq
	return nil
}

// forgetMetadata removes the private metadata that a viewer has of a mailbox.
func (tx *txn) forgetMetadata(mb restante.MailboxID, viewer restante.AccountID) error {
	view, err := tx.read()
	if err != nil {
		return err
	}
	start, end := metadataRangeOf(mb, viewer)
	return scanMetadata(view, start, end, func(entry string, row metadataRow) {
		tx.batch.Delete(metadataKey(mb, viewer, entry), len(row.value)+16)
		tx.row.usage.Metadata -= row.size()
	})
}

// viewerIn reads whose a row of what was seen is; 0 for a key that is none.
func viewerIn(key []byte) restante.AccountID {
	if len(key) != 21 {
		return 0
	}
	return restante.AccountID(binary.BigEndian.Uint64(key[9:]))
}
