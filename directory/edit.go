package directory

import (
	"context"
	"errors"

	"github.com/restante/restante/kv"
)

// edit changes the partition of a name: f puts what is to be written into the
// batch, from what the snapshot shows, and is called again whenever somebody else
// was faster. With an empty batch there is nothing to do. Where a commit fails so
// that it may be written or not, f is asked once more: if it finds nothing left
// to do, it was written.
func (d *Directory) edit(ctx context.Context, name string, f func(kv.Snapshot, *kv.Batch) error) error {
	for {
		version, b, err := d.draft(ctx, name, f)
		if err != nil || len(b.Ops()) == 0 {
			return err
		}
		_, err = d.kv.Commit(ctx, partitionOf(name), version, b, kv.Durable)
		if errors.Is(err, kv.ErrConflict) {
			continue
		}
		if err != nil && !d.isDone(ctx, name, f) {
			return err
		}
		d.generation.Add(1)
		d.store.DirectoryChanged()
		return nil
	}
}

// draft calls f for edit.
func (d *Directory) draft(ctx context.Context, name string, f func(kv.Snapshot, *kv.Batch) error) (kv.Version, *kv.Batch, error) {
	snap, err := d.kv.Snapshot(ctx, partitionOf(name))
	if err != nil {
		return 0, nil, err
	}
	defer snap.Close()
	b := new(kv.Batch)
	return snap.Version(), b, f(snap, b)
}

// isDone reports whether f finds nothing left to do.
func (d *Directory) isDone(ctx context.Context, name string, f func(kv.Snapshot, *kv.Batch) error) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_, b, err := d.draft(ctx, name, f)
	return err == nil && len(b.Ops()) == 0
}

// has reports whether a snapshot has a key.
func has(snap kv.Snapshot, key []byte) (bool, error) {
	_, err := snap.Get(key, nil)
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Generation tells whether groups, shares or public accounts may have changed
// since it was last asked: what was read of them holds as long as the number is
// the same. ok is false on an engine that other nodes write to as well, where
// nothing read holds.
func (d *Directory) Generation() (n uint64, ok bool) { return d.generation.Load(), d.single }
