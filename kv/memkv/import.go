package memkv

import (
	"context"

	"github.com/restante/restante/kv"
)

var _ kv.Importer = (*Store)(nil)

// Import implements kv.Importer. Faults are called as for a Commit.
func (s *Store) Import(ctx context.Context, p kv.Partition, base, version kv.Version, b *kv.Batch) error {
	_, err := s.commit(ctx, p, base, version, kv.ImportBatch(version, b), kv.Durable, nil)
	return err
}
