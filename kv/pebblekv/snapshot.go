package pebblekv

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

// snapshot is one partition of a Pebble snapshot.
type snapshot struct {
	store     *Store
	snap      *pebble.Snapshot
	partition kv.Partition
	version   kv.Version
	iters     map[*iterator]struct{} // open ones
	key       []byte                 // for Get, reused
	closed    bool
}

// Snapshot implements kv.Store. If a commit to the partition is visible but
// not yet acknowledged, it waits for that commit.
func (s *Store) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	// The snapshot itself keeps the store from being torn down; it leaves in
	// Close.
	snap, err := s.snapshot(ctx, p)
	if err != nil {
		s.leave()
		return nil, err
	}
	return snap, nil
}

func (s *Store) snapshot(ctx context.Context, p kv.Partition) (*snapshot, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	snap := &snapshot{store: s, partition: p}
	if s.partitions.quiet(p, func(v kv.Version) { snap.snap, snap.version = s.db.NewSnapshot(), v }) {
		return snap, nil
	}
	var err error
	snap.snap = s.db.NewSnapshot()
	snap.version, err = readVersion(snap.snap, p)
	if err == nil {
		err = s.settle(ctx, p, snap.version)
	}
	if err != nil {
		return nil, errors.Join(err, snap.snap.Close())
	}
	return snap, nil
}

// settle waits until version is acknowledged. A version of which nobody can tell
// any more whether it is on the disk is not shown to anyone.
func (s *Store) settle(ctx context.Context, p kv.Partition, version kv.Version) error {
	e := s.partitions.find(p)
	if e == nil {
		return nil
	}
	defer s.partitions.release(p, e)
	if e.acked.Load() >= uint64(version) {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.acked.Load() < uint64(version) {
		if err := s.failed.get(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *snapshot) check() error {
	if s.closed || s.store.closed.Load() {
		return kv.ErrClosed
	}
	return nil
}

func (s *snapshot) Version() kv.Version { return s.version }

func (s *snapshot) Get(key, dst []byte) ([]byte, error) {
	if err := s.check(); err != nil {
		return dst, err
	}
	s.key = appendRow(s.key[:0], s.partition, key)
	value, closer, err := s.snap.Get(s.key)
	if err != nil {
		if errors.Is(err, pebble.ErrNotFound) {
			return dst, kv.ErrNotFound
		}
		return dst, fmt.Errorf("pebblekv: get: %w", wrap(err))
	}
	dst = append(dst, value...)
	if err := closer.Close(); err != nil {
		return dst, fmt.Errorf("pebblekv: get: %w", wrap(err))
	}
	return dst, nil
}

func (s *snapshot) Scan(start, end []byte) kv.Iterator {
	it := &iterator{snap: s}
	if it.err = s.check(); it.err != nil {
		return it
	}
	lower, upper := rowBounds(s.partition, start, end)
	if string(lower) >= string(upper) {
		it.nothing = true
		return it
	}
	it.it, it.err = s.snap.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if it.err != nil {
		it.err = fmt.Errorf("pebblekv: scan: %w", wrap(it.err))
		return it
	}
	if s.iters == nil {
		s.iters = make(map[*iterator]struct{}, 1)
	}
	s.iters[it] = struct{}{}
	return it
}

// Close implements kv.Snapshot.
func (s *snapshot) Close() error {
	if s.closed {
		return nil
	}
	var errs []error
	for it := range s.iters {
		errs = append(errs, it.release())
	}
	s.closed = true
	errs = append(errs, s.snap.Close())
	s.store.leave()
	return wrap(errors.Join(errs...))
}
