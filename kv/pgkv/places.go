package pgkv

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

var _ kv.PlacesLooker = (*Store)(nil)

// LookAt implements kv.PlacesLooker by one statement, or one pipeline of a statement for
// each place.
func (s *Store) LookAt(ctx context.Context, places []kv.Place) ([]kv.Found, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	for _, at := range places {
		if err := at.Partition.Validate(); err != nil {
			return nil, err
		}
	}
	if len(places) == 0 {
		return nil, nil
	}
	if l := s.lookTogether(ctx, places); l != nil && !l.pieces {
		return l.found, nil
	}
	looks := make([]looked, len(places))
	err := s.try(ctx, s.readers, func(ctx context.Context, c *pgxpool.Conn) error {
		b := &pgx.Batch{}
		for i, at := range places {
			looks[i] = looked{found: make([]kv.Found, 1)}
			b.Queue(sqlLook, int64(at.Partition), [][]byte{at.Range.Start}, [][]byte{at.Range.End}).Query(looks[i].read)
		}
		return c.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("pgkv: look: %w", err)
	}
	found := make([]kv.Found, len(places))
	for i, at := range places {
		found[i] = looks[i].found[0]
		if looks[i].pieces {
			whole, version, err := s.lookAtLarge(ctx, at.Partition, []kv.Range{at.Range})
			if err != nil {
				return nil, err
			}
			found[i] = kv.Found{Row: whole[0], Version: version}
		}
	}
	return found, nil
}
