package pgkv

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

var _ kv.Looker = (*Store)(nil)

// Look implements kv.Looker by one statement, which sees one moment by itself.
func (s *Store) Look(ctx context.Context, p kv.Partition, ranges []kv.Range) ([]kv.Row, kv.Version, error) {
	if err := s.check(ctx); err != nil {
		return nil, 0, err
	}
	if err := p.Validate(); err != nil {
		return nil, 0, err
	}
	if len(ranges) == 0 {
		version, err := s.Version(ctx, p)
		return nil, version, err
	}
	places := make([]kv.Place, len(ranges))
	for i, r := range ranges {
		places[i] = kv.Place{Partition: p, Range: r}
	}
	l := s.lookTogether(ctx, places)
	if l == nil {
		var err error
		if l, err = s.lookAlone(ctx, p, ranges); err != nil {
			return nil, 0, fmt.Errorf("pgkv: look: %w", err)
		}
	}
	if l.pieces { // one value has more of them; such are not what Look is for
		return s.lookAtLarge(ctx, p, ranges)
	}
	rows := make([]kv.Row, len(ranges))
	for i := range rows {
		rows[i] = l.found[i].Row
	}
	return rows, l.found[0].Version, nil
}

// lookAlone looks by a statement of its own.
func (s *Store) lookAlone(ctx context.Context, p kv.Partition, ranges []kv.Range) (l *looked, err error) {
	starts, ends := make([][]byte, len(ranges)), make([][]byte, len(ranges))
	for i, r := range ranges {
		starts[i], ends[i] = r.Start, r.End
	}
	err = s.try(ctx, s.readers, func(ctx context.Context, c *pgxpool.Conn) error {
		l = &looked{found: make([]kv.Found, len(ranges))}
		answer, err := c.Query(ctx, sqlLook, int64(p), starts, ends)
		if err != nil {
			return err
		}
		return l.read(answer)
	})
	return l, err
}

// looked is what Look has read.
type looked struct {
	found  []kv.Found // of each range
	pieces bool       // one of them has more than was read
}

func (l *looked) read(answer pgx.Rows) error {
	return readLooked(answer, func(n int) (*looked, int) { return l, n })
}

// readLooked reads what was found. Of each range the caller says whose it is, and which
// of its own.
func readLooked(answer pgx.Rows, of func(n int) (*looked, int)) error {
	defer answer.Close()
	for answer.Next() {
		var version, n int64
		var key, value pgtype.DriverBytes
		var parts *int16 // nil where there is no row
		if err := answer.Scan(&version, &n, &key, &value, &parts); err != nil {
			return err
		}
		l, i := of(int(n - 1))
		l.found[i].Version = kv.Version(version)
		if parts == nil {
			continue
		}
		l.found[i].Row = kv.Row{Key: bytes.Clone(key), Value: append([]byte{}, value...)}
		l.pieces = l.pieces || *parts > joinedParts
	}
	return answer.Err()
}

// lookAtLarge is Look by a snapshot.
func (s *Store) lookAtLarge(ctx context.Context, p kv.Partition, ranges []kv.Range) ([]kv.Row, kv.Version, error) {
	snap, err := s.Snapshot(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	defer snap.Close()
	rows, err := kv.FirstRows(snap, ranges)
	return rows, snap.Version(), err
}
