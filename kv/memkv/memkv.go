// Package memkv is a storage engine in memory, for tests. Several Store values
// on one Backing act like the nodes of a cluster: each commits to the same
// partitions and hears by Watch of what the others commit. Faults make
// operations fail, and CrashClone shows what a power cut would leave.
package memkv

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/restante/restante/kv"
)

// Backing is the memory that stores share. It lives on when they are closed.
type Backing struct {
	mu struct {
		sync.Mutex
		partitions map[kv.Partition]*state
		// unsynced holds the last durable state of the partitions with
		// Relaxed commits since.
		unsynced map[kv.Partition]*state
		watchers map[*watcher]struct{}
	}
	unclean uint64 // power cuts that led to this backing
}

// NewBacking answers an empty backing.
func NewBacking() *Backing {
	b := &Backing{}
	b.mu.partitions = make(map[kv.Partition]*state)
	b.mu.unsynced = make(map[kv.Partition]*state)
	b.mu.watchers = make(map[*watcher]struct{})
	return b
}

// UncleanOpens answers how many power cuts the backing comes from.
func (s *Store) UncleanOpens() uint64 { return s.backing.unclean }

// Open answers a new node on the backing.
func (b *Backing) Open() *Store { return &Store{backing: b} }

// CrashClone answers a backing as a power cut now would leave this one at
// worst: every Durable commit, and no Relaxed one that came after the last
// Durable commit or Flush.
func (b *Backing) CrashClone() *Backing {
	clone := NewBacking()
	b.mu.Lock()
	defer b.mu.Unlock()
	clone.unclean = b.unclean + 1
	for p, s := range b.mu.partitions {
		if old, ok := b.mu.unsynced[p]; ok {
			s = old
		}
		if s.version == 0 {
			continue
		}
		// A copy of its own: the two backings' locks do not know each other.
		clone.mu.partitions[p] = &state{version: s.version, rows: s.rows.Copy()}
	}
	return clone
}

// Store is one node on a backing. It implements kv.Store.
type Store struct {
	backing *Backing
	closed  atomic.Bool
	faults  atomic.Pointer[Faults]
	commits atomic.Int64
}

var _ kv.Store = (*Store)(nil)

// New answers a store on a backing of its own.
func New() *Store { return NewBacking().Open() }

// Backing is what the store keeps its data in.
func (s *Store) Backing() *Backing { return s.backing }

// check answers the error that ends every method of a closed store, or the
// context's.
func (s *Store) check(ctx context.Context) error {
	if s.closed.Load() {
		return kv.ErrClosed
	}
	return ctx.Err()
}

// Snapshot implements kv.Store.
func (s *Store) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := s.readFault(p, nil); err != nil {
		return nil, err
	}
	s.backing.mu.Lock()
	defer s.backing.mu.Unlock()
	return &snapshot{store: s, partition: p, state: s.backing.stateLocked(p)}, nil
}

func (b *Backing) stateLocked(p kv.Partition) *state {
	if st, ok := b.mu.partitions[p]; ok {
		return st
	}
	return empty
}

// Commit implements kv.Store.
func (s *Store) Commit(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	return s.commit(ctx, p, base, base+1, b, d, nil)
}

var _ kv.Expecter = (*Store)(nil)

// CommitExpecting implements kv.Expecter.
func (s *Store) CommitExpecting(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability, empty []kv.Range) (kv.Version, error) {
	return s.commit(ctx, p, base, base+1, b, d, empty)
}

// commit is Commit to any version, 0 for none.
func (s *Store) commit(ctx context.Context, p kv.Partition, base, next kv.Version, b *kv.Batch, d kv.Durability, empty []kv.Range) (kv.Version, error) {
	if err := s.check(ctx); err != nil {
		return 0, err
	}
	b, err := kv.CheckCommit(p, b)
	if err != nil {
		return 0, err
	}
	c := Commit{N: s.commits.Add(1), Partition: p, Base: base, Batch: b, Durability: d}
	if f := s.faults.Load(); f != nil && f.BeforeCommit != nil {
		if err := f.BeforeCommit(ctx, c); err != nil {
			return 0, err
		}
	}
	version, err := s.backing.commit(s, c, next, empty)
	if err != nil {
		return 0, err
	}
	if f := s.faults.Load(); f != nil && f.AfterCommit != nil {
		if err := f.AfterCommit(ctx, c); err != nil {
			return 0, err
		}
	}
	return version, nil
}

// commit does what Commit and Import do, to the version next.
func (b *Backing) commit(by *Store, c Commit, next kv.Version, empty []kv.Range) (kv.Version, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.stateLocked(c.Partition)
	if old.version != c.Base {
		return 0, kv.ErrConflict
	}
	if old.hasAny(empty) {
		return 0, kv.ErrUnexpected
	}
	b.setLocked(c.Partition, old.apply(c.Batch, next))
	if c.Durability == kv.Durable {
		clear(b.mu.unsynced) // as in a log: what came before is synced too
	} else if _, ok := b.mu.unsynced[c.Partition]; !ok {
		b.mu.unsynced[c.Partition] = old
	}
	for w := range b.mu.watchers {
		if w.store != by {
			w.Tell(c.Partition, next)
		}
	}
	return next, nil
}

func (b *Backing) setLocked(p kv.Partition, st *state) {
	if st.version == 0 {
		delete(b.mu.partitions, p)
	} else {
		b.mu.partitions[p] = st
	}
}

// Partitions implements kv.Store.
func (s *Store) Partitions(ctx context.Context, f func(kv.Partition, kv.Version) error) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	s.backing.mu.Lock()
	partitions := maps.Clone(s.backing.mu.partitions)
	s.backing.mu.Unlock()
	for _, p := range slices.Sorted(maps.Keys(partitions)) {
		if err := s.check(ctx); err != nil {
			return err
		}
		if err := f(p, partitions[p].version); err != nil {
			return err
		}
	}
	return nil
}

// Flush implements kv.Store.
func (s *Store) Flush(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	s.backing.mu.Lock()
	defer s.backing.mu.Unlock()
	clear(s.backing.mu.unsynced)
	return nil
}

// Close implements kv.Store. The backing keeps the data. Watchers of this
// store are told the end.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return kv.ErrClosed
	}
	s.backing.mu.Lock()
	defer s.backing.mu.Unlock()
	clear(s.backing.mu.unsynced)
	for w := range s.backing.mu.watchers {
		if w.store == s {
			w.cancel()
		}
	}
	return nil
}
