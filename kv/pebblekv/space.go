package pebblekv

import (
	"context"
	"fmt"

	"github.com/restante/restante/kv"
)

// Compact writes everything out and removes what was deleted, for all
// partitions. It reads and writes the keys of the whole store, so it is for
// maintenance; in the ordinary course Pebble compacts by itself what has much
// garbage.
func (s *Store) Compact(ctx context.Context) error {
	lower, _ := rowBounds(0, nil, nil)
	_, upper := versionBounds()
	return s.compact(ctx, lower, upper)
}

// CompactPartition is Compact for one partition, worth its while after an
// account was removed or much of it expunged.
func (s *Store) CompactPartition(ctx context.Context, p kv.Partition) error {
	if err := p.Validate(); err != nil {
		return err
	}
	lower, upper := rowBounds(p, nil, nil)
	return s.compact(ctx, lower, upper)
}

func (s *Store) compact(ctx context.Context, lower, upper []byte) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.failed.await(func() error { return s.db.Compact(ctx, lower, upper, false) }); err != nil {
		return fmt.Errorf("pebblekv: compact: %w", wrap(err))
	}
	return nil
}

// liveBytes answers about how many bytes the store holds, without its log and what
// compaction has left behind.
func (s *Store) liveBytes(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	m := s.db.Metrics()
	total := m.Total()
	return total.TablesSize + int64(m.BlobFiles.ReferencedValueSize), nil
}
