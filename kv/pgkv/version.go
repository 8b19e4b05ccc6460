package pgkv

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

var _ kv.Versioner = (*Store)(nil)

// Version implements kv.Versioner, in one round trip and without a transaction.
func (s *Store) Version(ctx context.Context, p kv.Partition) (kv.Version, error) {
	if err := s.check(ctx); err != nil {
		return 0, err
	}
	if err := p.Validate(); err != nil {
		return 0, err
	}
	var version int64
	err := s.try(ctx, s.readers, func(ctx context.Context, c *pgxpool.Conn) error {
		version = 0
		err := c.QueryRow(ctx, sqlVersion, int64(p)).Scan(&version)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("pgkv: version: %w", err)
	}
	return kv.Version(version), nil
}
