package pebblekv

import (
	"context"

	"github.com/restante/restante/kv"
)

var _ kv.Importer = (*Store)(nil)

// Import implements kv.Importer.
func (s *Store) Import(ctx context.Context, p kv.Partition, base, version kv.Version, b *kv.Batch) error {
	_, err := s.commit(ctx, p, base, version, kv.ImportBatch(version, b), kv.Durable)
	return err
}

// Size answers about how many bytes the store holds, without what compaction has
// left behind.
func (s *Store) Size(ctx context.Context) (int64, error) { return s.liveBytes(ctx) }
