package mailstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
)

const (
	// reapAccounts bounds the accounts that a node remembers to have forgotten objects;
	// what is beyond a sweep finds.
	reapAccounts = 100_000
	// reapObjects is how many objects are deleted at a time.
	reapObjects = 1000
	// reapAgain is how long after a failure it is tried again.
	reapAgain = time.Minute
)

// reaper deletes objects that were forgotten on this node, once they are old enough.
type reaper struct {
	store *Store
	wake  chan struct{}

	mu struct {
		sync.Mutex
		due dueAccounts
	}
}

func newReaper(s *Store) *reaper {
	r := &reaper{store: s, wake: make(chan struct{}, 1)}
	r.mu.due = newDueAccounts()
	return r
}

// note remembers that an account has objects to be deleted, the first of them at a time.
// It may be called on nil, where there is no store of objects.
func (r *reaper) note(id restante.AccountID, at time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.due.note(id, at, reapAccounts) {
		return
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// next answers an account whose time has come, which it forgets; else how long it is
// until then, or a negative time if there is none.
func (r *reaper) next(now time.Time) (id restante.AccountID, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.due.next(now)
}

// run works until ctx ends.
func (r *reaper) run(ctx context.Context) {
	for {
		id, wait := r.next(r.store.now())
		if id != 0 {
			if err := r.store.reap(ctx, id); err != nil && ctx.Err() == nil {
				r.store.options.Logger.Warn("cannot delete objects of messages that are gone", "account", uint64(id), "error", err)
				r.note(id, r.store.now().Add(reapAgain))
			}
			continue
		}
		var timer <-chan time.Time
		if wait >= 0 {
			timer = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer:
		}
	}
}

// reap deletes the objects of an account that were forgotten long enough ago.
func (s *Store) reap(ctx context.Context, id restante.AccountID) error {
	a, err := s.Account(ctx, id)
	if errors.Is(err, restante.ErrNotFound) {
		return s.reapRemoved(ctx, id)
	}
	if err != nil {
		return err
	}
	defer a.Release()
	for {
		done, err := a.reapSome(ctx)
		if done || err != nil {
			return err
		}
	}
}

// noteForgotten has objects deleted that were forgotten before the account was opened
// here, which snap is asked for.
func (a *Account) noteForgotten(snap kv.Snapshot) error {
	if a.store.reaper == nil || !a.State().account.objects {
		return nil
	}
	names, next, err := a.store.forgotten(snap, a.id)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		next = a.store.now()
	}
	if !next.IsZero() {
		a.store.reaper.note(a.id, next)
	}
	return nil
}

// reapSome deletes up to reapObjects objects, then their rows. done says that there are
// no more whose time has come; for those that come next it asks to be called.
func (a *Account) reapSome(ctx context.Context) (done bool, err error) {
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return false, unavailable("read objects", err)
	}
	names, next, err := a.store.forgotten(snap, a.id)
	if e := snap.Close(); err == nil && e != nil {
		err = unavailable("read objects", e)
	}
	if err != nil {
		return false, err
	}
	if !next.IsZero() {
		a.store.reaper.note(a.id, next)
	}
	if len(names) == 0 {
		return true, nil
	}
	if err := a.store.blobs.Delete(ctx, names); err != nil {
		return false, err
	}
	_, err = a.update(ctx, kv.Relaxed, func(tx *txn) error {
		tx.batch.UseReserve()
		for _, n := range names {
			tx.batch.Delete(forgottenKey(n.Email, n.Token), 5)
		}
		return nil
	})
	return len(names) < reapObjects, err
}

// forgotten lists objects of an account whose time has come, reapObjects of them at
// most, and when that of another one does. Rows that cannot be read are left to repair.
func (s *Store) forgotten(snap kv.Snapshot, id restante.AccountID) (names []blob.Name, next time.Time, err error) {
	last := s.now().Add(-s.options.DeleteAfter)
	it := snap.Scan(kindRange(kindForgotten))
	for it.Next() && len(names) < reapObjects {
		name, at, ok := parseForgotten(id, it.Key(), it.Value())
		if !ok {
			s.leaveToRepair(id, it.Key())
			continue
		}
		when := time.Unix(at, 0)
		if !when.After(last) {
			names = append(names, name)
		} else if due := when.Add(s.options.DeleteAfter); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	if err := it.Close(); err != nil {
		return nil, time.Time{}, unavailable("read objects", err)
	}
	return names, next, nil
}

// reapRemoved deletes the objects of an account that was removed long enough ago.
func (s *Store) reapRemoved(ctx context.Context, id restante.AccountID) error {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(id))
	if err != nil {
		return unavailable("read objects", err)
	}
	version := snap.Version()
	names, next, err := s.forgotten(snap, id)
	if e := snap.Close(); err == nil && e != nil {
		err = unavailable("read objects", e)
	}
	if err != nil {
		return err
	}
	if !next.IsZero() {
		s.reaper.note(id, next)
	}
	if !slices.Contains(names, allObjects(id)) {
		return nil
	}
	if err := s.deleteAll(ctx, id); err != nil {
		return err
	}
	var batch kv.Batch
	batch.UseReserve()
	batch.Delete(forgottenKey(0, 0), 5)
	_, err = s.kv.Commit(ctx, kv.Partition(id), version, &batch, kv.Relaxed)
	if errors.Is(err, kv.ErrConflict) {
		return nil // another node was first
	}
	return err
}

// deleteAll deletes all objects of an account.
func (s *Store) deleteAll(ctx context.Context, id restante.AccountID) error {
	var names []blob.Name
	flush := func() error {
		err := s.blobs.Delete(ctx, names)
		names = names[:0]
		return err
	}
	err := s.blobs.List(ctx, blob.Name{Account: id}, func(o blob.Object) error {
		if o.Name.Account != id {
			return blob.ErrStop
		}
		if names = append(names, o.Name); len(names) == reapObjects {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
