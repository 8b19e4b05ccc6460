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
	// reclaimShare is which part of the store must be deleted, in whatever
	// partitions, before all of it is compacted.
	reclaimShare = 8
	// reclaimTracked bounds the partitions that are remembered; what is deleted
	// from others counts for the whole store alone.
	reclaimTracked = 1 << 16
)

// reclaimer gives back the space of deleted values. Pebble does so when it
// compacts, but a deletion is a small row, and a store with few writes would
// keep it in memory for days. So the partitions with much deleted are compacted
// soon, which moves keys but no large values, and so is the whole store when much
// of it is deleted a little here and a little there; then Pebble sees which files
// of values hold garbage, and once they are of rewriteAge a flush has it look.
type reclaimer struct {
	store *Store
	age   time.Duration
	least int64 // reclaimBytes, less in tests
	wake  chan struct{}
	mu    struct {
		sync.Mutex
		deleted map[kv.Partition]int64
		due     map[kv.Partition]bool
		total   int64 // deleted from all since they were last compacted
		enough  int64 // of total, for all to be compacted
		all     bool  // that is due
	}
}

func newReclaimer(s *Store, age time.Duration) *reclaimer {
	r := &reclaimer{store: s, age: age, least: reclaimBytes, wake: make(chan struct{}, 1)}
	r.mu.deleted = make(map[kv.Partition]int64)
	r.mu.due = make(map[kv.Partition]bool)
	r.mu.enough = r.least
	return r
}

// note counts what a committed batch has deleted.
func (r *reclaimer) note(p kv.Partition, b *kv.Batch) {
	n := b.Frees()
	if n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.total += n
	if sum, ok := r.mu.deleted[p]; ok || len(r.mu.deleted) < reclaimTracked {
		r.mu.deleted[p] = sum + n
	}
	if sum := r.mu.deleted[p]; sum >= r.least {
		delete(r.mu.deleted, p)
		r.mu.total -= sum
		r.mu.due[p] = true
		notify(r.wake)
	}
	if r.mu.total >= r.mu.enough {
		r.mu.all = true
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

// takeAll reports whether the whole store is due, of which size is what it
// holds.
func (r *reclaimer) takeAll(size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.all {
		return false
	}
	r.mu.all = false
	if r.mu.enough = max(r.least, size/reclaimShare); r.mu.total < r.mu.enough {
		return false
	}
	r.mu.total = 0
	clear(r.mu.deleted)
	clear(r.mu.due)
	return true
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
			if err := r.compact(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, kv.ErrClosed) {
				r.store.log.Warn("compacting what has much deleted failed", "err", err)
			}
			look.Reset(r.age + r.age/10)
		case <-look.C:
			if err := r.look(ctx); err != nil && ctx.Err() == nil {
				r.store.log.Warn("flushing for reclaim failed", "err", err)
			}
		}
	}
}

// compact compacts what is due.
func (r *reclaimer) compact(ctx context.Context) error {
	size, err := r.store.liveBytes(ctx)
	if err != nil {
		return err
	}
	if r.takeAll(size) {
		return r.store.Compact(ctx)
	}
	for p, ok := r.next(); ok && err == nil; p, ok = r.next() {
		err = r.store.CompactPartition(ctx, p)
	}
	return err
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
