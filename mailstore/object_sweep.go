package mailstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
)

// SweepOptions say how a sweep is done.
type SweepOptions struct {
	// MinAge is how old objects are at least that are deleted, 0: 24 hours, never below
	// 1 hour: clocks differ.
	MinAge time.Duration
}

// SweepReport is the outcome of a sweep.
type SweepReport struct {
	Accounts int   // that have objects
	Objects  int64 // that were looked at
	Deleted  int64 // that nothing named
	Bytes    int64 // octets of those
	// Strange are objects of accounts that this store has never had. They are left alone:
	// another installation may have the same place in the blob store by mistake, or the
	// engine is an older copy.
	Strange int64
}

// SweepObjects deletes objects that no row names: those whose rows a crash took back,
// and those that a Put wrote after it had been given up. It also deletes objects whose
// time has come of accounts that nobody has opened since, and removes what uploads have
// left that were abandoned. It lists the whole blob store,
// and is to be called once in a while by one node. Without a blob store it does nothing.
// What it has done until an error stays done.
func (s *Store) SweepObjects(ctx context.Context, o SweepOptions) (SweepReport, error) {
	w := &sweep{ctx: ctx, store: s}
	if s.blobs == nil {
		return w.report, nil
	}
	if o.MinAge <= 0 {
		o.MinAge = 24 * time.Hour
	}
	w.before = s.now().Add(-max(o.MinAge, orphanAge))
	if err := w.reapAll(); err != nil {
		return w.report, err
	}
	err := s.blobs.List(ctx, blob.Name{}, w.object)
	err = errors.Join(err, w.leave())
	return w.report, err
}

// sweep is one call of SweepObjects.
type sweep struct {
	ctx    context.Context
	store  *Store
	before time.Time // objects that were written later are left alone
	report SweepReport

	// of the account at hand:
	account restante.AccountID
	known   bool        // it is there, or was
	snap    kv.Snapshot // nil before the first one
	rows    rowReader
	gone    []blob.Name
	bytes   int64
}

// reapAll removes, in all accounts, the uploads that were abandoned, and deletes the
// objects that were forgotten long enough ago.
func (w *sweep) reapAll() error {
	return w.store.kv.Partitions(w.ctx, func(p kv.Partition, _ kv.Version) error {
		id := restante.AccountID(p)
		if id < restante.FirstAccountID {
			return nil
		}
		snap, err := w.store.kv.Snapshot(w.ctx, p)
		if err != nil {
			return unavailable("sweep objects", err)
		}
		names, _, err := w.store.forgotten(snap, id)
		var stale []stagedUpload
		if err == nil {
			stale, err = w.store.staleUploads(snap, id)
		}
		if e := snap.Close(); err == nil && e != nil {
			err = unavailable("sweep objects", e)
		}
		if err == nil && len(stale) > 0 {
			err = w.store.sweepUploads(w.ctx, id)
		}
		if err == nil && len(names) > 0 {
			err = w.store.reap(w.ctx, id)
		}
		if errors.Is(err, restante.ErrCorrupt) {
			w.store.options.Logger.Warn("objects of an account cannot be swept", "account", uint64(id), "error", err)
			err = nil
		}
		return err
	})
}

// sweepUploads removes an account's uploads that were abandoned.
func (s *Store) sweepUploads(ctx context.Context, id restante.AccountID) error {
	a, err := s.Account(ctx, id)
	if errors.Is(err, restante.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer a.Release()
	a.writer.Lock()
	defer a.unlock()
	snap, err := s.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return unavailable("sweep objects", err)
	}
	defer snap.Close()
	return a.sweepLocked(ctx, snap)
}

// object looks at one object, which is listed in the order of accounts.
func (w *sweep) object(o blob.Object) error {
	if w.snap == nil || o.Name.Account != w.account {
		if err := w.leave(); err != nil {
			return err
		}
		if err := w.enter(o.Name.Account); err != nil {
			return err
		}
	}
	w.report.Objects++
	switch {
	case !w.known:
		w.report.Strange++
		return nil
	case !o.Modified.Before(w.before):
		return nil
	}
	named, err := w.named(o.Name)
	if err != nil || named {
		return err
	}
	w.gone, w.bytes = append(w.gone, o.Name), w.bytes+o.Size
	if len(w.gone) == reapObjects {
		return w.delete()
	}
	return nil
}

// enter begins with an account, whose rows are read as they are from now on: objects
// that are older than this were named then, or will never be.
func (w *sweep) enter(id restante.AccountID) error {
	snap, err := w.store.kv.Snapshot(w.ctx, kv.Partition(id))
	if err != nil {
		return unavailable("sweep objects", err)
	}
	w.account, w.snap, w.known = id, snap, false
	w.rows = rowReader{kind: kindObject}
	w.report.Accounts++
	for _, key := range [][]byte{accountKey(), goneKey()} {
		_, err := snap.Get(key, nil)
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return unavailable("sweep objects", err)
		}
		w.known = w.known || err == nil
	}
	return nil
}

// leave ends with an account.
func (w *sweep) leave() error {
	if w.snap == nil {
		return nil
	}
	err := w.delete()
	w.rows.drop()
	if e := w.snap.Close(); err == nil && e != nil {
		err = unavailable("sweep objects", e)
	}
	w.snap = nil
	return err
}

// named reports whether a row names an object.
func (w *sweep) named(name blob.Name) (bool, error) {
	row, err := w.rows.get(w.snap, objectKey(name.Email))
	if err != nil {
		return false, unavailable("sweep objects", err)
	}
	if row != nil {
		o, err := parseObject(w.account, name.Email, row)
		if err != nil {
			return true, nil // it is for check to tell
		}
		if o.name == name {
			return true, nil
		}
	}
	if _, err := w.snap.Get(forgottenKey(0, 0), nil); err == nil {
		return true, nil // all of them wait to be deleted
	} else if !errors.Is(err, kv.ErrNotFound) {
		return false, unavailable("sweep objects", err)
	}
	return namedOtherwise(w.snap, name)
}

// delete deletes what was found so far.
func (w *sweep) delete() error {
	if len(w.gone) == 0 {
		return nil
	}
	if err := w.store.blobs.Delete(w.ctx, w.gone); err != nil {
		return fmt.Errorf("mailstore: sweep objects: %w", err)
	}
	w.report.Deleted += int64(len(w.gone))
	w.report.Bytes += w.bytes
	w.gone, w.bytes = w.gone[:0], 0
	return nil
}
