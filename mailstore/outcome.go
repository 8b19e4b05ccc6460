package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// settleTime bounds how long a change waits to learn what became of its commit.
const settleTime = 10 * time.Second

// settleLocked finds out what became of a change whose commit ended in cause,
// which leaves open whether it was written. If the engine shows that it was, that
// is no error: the caller goes on as if the commit had said so. Else the state is
// read again and cause answered. If the engine cannot be read, the state is stale
// and the next change reads it before anything else.
func (a *Account) settleLocked(ctx context.Context, tx *txn, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	a.stale.Store(true)
	written, err := a.writtenLocked(ctx, tx)
	if written {
		a.stale.Store(false)
		return nil
	}
	if err != nil {
		a.store.options.Logger.Warn("outcome of a commit is not known yet", "account", uint64(a.id), "error", err)
	}
	return fmt.Errorf("%w: %w", errInDoubt, unavailable("commit", cause))
}

// errInDoubt is of a change whose commit was not found, which does not mean that it will
// never come.
var errInDoubt = errors.New("mailstore: outcome in doubt")

// writtenLocked reports whether the engine is as the change leaves it; otherwise
// it makes what the engine shows the state.
func (a *Account) writtenLocked(ctx context.Context, tx *txn) (bool, error) {
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return false, unavailable("open account", err)
	}
	defer snap.Close()
	if snap.Version() == tx.base.version+1 {
		if written, err := holds(snap, &tx.batch); written || err != nil {
			return written, err
		}
	}
	return false, a.adoptLocked(ctx, snap, !a.doubted.Load())
}

// holds reports whether snap is what the batch makes of whatever was before. Two
// nodes that do the very same at the same moment cannot be told apart by it, nor
// by anybody else.
func holds(snap kv.Snapshot, batch *kv.Batch) (bool, error) {
	want := make(map[string][]byte) // nil: not there
	for _, op := range batch.Ops() {
		switch op.Kind {
		case kv.OpSet:
			value := op.Value
			if value == nil {
				value = []byte{}
			}
			want[string(op.Key)] = value
		case kv.OpDelete:
			want[string(op.Key)] = nil
		case kv.OpDeleteRange:
			for key := range want {
				if key >= string(op.Key) && (op.Value == nil || key < string(op.Value)) {
					want[key] = nil
				}
			}
		}
	}
	for key, value := range want {
		got, err := snap.Get([]byte(key), nil)
		switch {
		case errors.Is(err, restante.ErrNotFound):
			if value != nil {
				return false, nil
			}
		case err != nil:
			return false, unavailable("read", err)
		case value == nil || !bytes.Equal(got, value):
			return false, nil
		}
	}
	return emptied(snap, batch, want)
}

// emptied reports whether the batch's ranges hold nothing but what it sets.
func emptied(snap kv.Snapshot, batch *kv.Batch, set map[string][]byte) (bool, error) {
	for _, op := range batch.Ops() {
		if op.Kind != kv.OpDeleteRange {
			continue
		}
		it := snap.Scan(op.Key, op.Value)
		for it.Next() {
			if set[string(it.Key())] == nil {
				return false, it.Close()
			}
		}
		if err := it.Close(); err != nil {
			return false, fmt.Errorf("mailstore: read: %w", err)
		}
	}
	return true, nil
}
