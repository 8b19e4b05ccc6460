package pebblekv

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/restante/restante/kv"
)

const (
	// reclaimBytes is how much must be deleted from a partition before it is
	// compacted for the space alone.
	reclaimBytes = 64 << 20
	// reclaimTracked bounds the partitions that are remembered; those above
	// wait for Pebble's ordinary compaction.
	reclaimTracked = 4096
)

// reclaimer gives back the space of deleted values. Pebble does so when it
// compacts, but a deletion is a small row, and a store with few writes would
// keep it in memory for days. So the partitions with much deleted are compacted
// soon, which moves keys but no large values; then Pebble sees which files of
// values hold garbage, and once they are of rewriteAge a flush has it look.
type reclaimer struct {
	store *Store
	age   time.Duration
	least int64 // reclaimBytes, less in tests
	wake  chan struct{}
	mu    struct {
		sync.Mutex
		deleted map[kv.Partition]int64
		due     map[kv.Partition]bool
	}
}

func newReclaimer(s *Store, age time.Duration) *reclaimer {
	r := &reclaimer{store: s, age: age, least: reclaimBytes, wake: make(chan struct{}, 1)}
	r.mu.deleted = make(map[kv.Partition]int64)
	r.mu.due = make(map[kv.Partition]bool)
	return r
}

// note counts what a committed batch has deleted.
func (r *reclaimer) note(p kv.Partition, b *kv.Batch) {
	var n int64
	ops := b.Ops()
	for i := range ops {
		if ops[i].Kind == kv.OpDelete {
			n += int64(ops[i].Size)
		}
	}
	if n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.mu.deleted[p]; !ok && len(r.mu.deleted) >= reclaimTracked {
		return
	}
	if r.mu.deleted[p] += n; r.mu.deleted[p] >= r.least {
		delete(r.mu.deleted, p)
		r.mu.due[p] = true
		notify(r.wake)
	}
}

// next takes a partition that is due.
func (r *reclaimer) next() (kv.Partition, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.mu.due {
		delete(r.mu.due, p)
		return p, true
	}
	return 0, false
}

// run works until ctx ends.
func (r *reclaimer) run(ctx context.Context) {
	look := time.NewTimer(0) // for Pebble to look at the files of values
	look.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
			for p, ok := r.next(); ok && ctx.Err() == nil; p, ok = r.next() {
				if err := r.store.CompactPartition(ctx, p); err != nil && ctx.Err() == nil && !errors.Is(err, kv.ErrClosed) {
					r.store.log.Warn("compacting what has much deleted failed", "partition", p, "err", err)
				}
			}
			look.Reset(r.age + r.age/10)
		case <-look.C:
			if err := r.look(ctx); err != nil && ctx.Err() == nil {
				r.store.log.Warn("flushing for reclaim failed", "err", err)
			}
		}
	}
}

// look flushes, after which Pebble picks the files of values to rewrite.
func (r *reclaimer) look(ctx context.Context) error {
	if err := r.store.enter(ctx); err != nil {
		return err
	}
	defer r.store.leave()
	return r.store.failed.await(func() error {
		_, err := r.store.db.AsyncFlush()
		return wrap(err)
	})
}
