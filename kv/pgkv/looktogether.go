package pgkv

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

// Looks of several calls go in one statement where they would wait for the database
// anyway, as commits do: most look at a row or two, and cost little by themselves.
const (
	fewLooks   = 2                    // statements of several looks at a time, while they are quick
	lookWait   = 2 * time.Millisecond // after which there may be as many as Options.Readers
	lookPlaces = 32                   // places of one
)

// onlooker is a look that may go together with others.
type onlooker struct {
	places []kv.Place
	looked
	err error // what became of it
}

// lookTogether looks, with others if there are any. It answers nil where the look has
// to go alone.
func (s *Store) lookTogether(ctx context.Context, places []kv.Place) *looked {
	if s.sharded || len(places) > lookPlaces {
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, s.outages.read.patience(s.options.Patience).end)
	defer cancel()
	m := &onlooker{places: places, looked: looked{found: make([]kv.Found, len(places))}, err: errUnanswered}
	if err := s.onlookers.call(ctx, m); err != nil || m.err != nil {
		return nil
	}
	return &m.looked
}

// roomToLook reports whether a group of looks takes another one.
func roomToLook(group []*onlooker, next *onlooker) bool {
	n := len(next.places)
	for _, m := range group {
		n += len(m.places)
	}
	return n <= lookPlaces
}

// lookAll looks at the places of a group.
func (s *Store) lookAll(group []*onlooker) {
	err := s.once(context.Background(), s.readers, s.outages.read.patience(s.options.Patience), func(ctx context.Context, c *pgxpool.Conn) error {
		return lookAt(ctx, c, group)
	})
	for _, m := range group {
		m.err = err
	}
}

func lookAt(ctx context.Context, c *pgxpool.Conn, group []*onlooker) error {
	var ids []int64
	var starts, ends [][]byte
	var asked []*looked // of each place
	var index []int     // there
	for _, m := range group {
		for i, at := range m.places {
			ids = append(ids, int64(at.Partition))
			starts, ends = append(starts, at.Range.Start), append(ends, at.Range.End)
			asked, index = append(asked, &m.looked), append(index, i)
		}
	}
	answer, err := c.Query(ctx, sqlLookAll, ids, starts, ends)
	if err != nil {
		return err
	}
	return readLooked(answer, func(n int) (*looked, int) { return asked[n], index[n] })
}
