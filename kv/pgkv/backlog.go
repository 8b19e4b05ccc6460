package pgkv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// errBacklog says that too many commits wait for a standby.
var errBacklog = errors.New("too many commits wait for the standby")

// room answers nil if a commit may be sent.
//
// A commit that is given up while it waits for the standby goes on waiting, and keeps its
// connection on the server (see ofWriters). With a standby that is away, commits of
// ever new accounts would take all the connections that there may be, those of readers
// too. So once an outcome was unknown the server is asked how many wait, and no more are
// sent than about Options.Writers of all nodes, and those that each has under way.
func (s *Store) room(ctx context.Context, p *patience) error {
	if !s.backlog.Load() {
		return nil
	}
	b, err := s.askBacklog(ctx, p)
	switch {
	case err != nil && transient(err):
		return &connectError{err}
	case err != nil: // a database that does not tell
		s.log.DebugContext(ctx, "cannot ask how many commits wait for a standby", "error", err)
		return ctx.Err()
	case b.Commits >= s.options.Writers:
		return &connectError{fmt.Errorf("%w: %d", errBacklog, b.Commits)}
	case b.Commits == 0:
		s.backlog.Store(false)
	}
	return nil
}

// Backlog is what waits for a standby: commits of all nodes, with those that nobody waits for
// any more, and how long the first of them has waited.
type Backlog struct {
	Commits int
	Longest time.Duration
}

// Backlog asks the database for it, over one connection for reading, which waits for no
// standby itself. Where databases differ from PostgreSQL, it may be an error.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	if err := s.check(ctx); err != nil {
		return Backlog{}, err
	}
	b, err := s.askBacklog(ctx, s.outages.read.patience(s.options.Patience))
	if err != nil {
		return Backlog{}, fmt.Errorf("pgkv: backlog: %w", err)
	}
	return b, nil
}

func (s *Store) askBacklog(ctx context.Context, p *patience) (b Backlog, err error) {
	var seconds float64
	err = s.once(ctx, s.readers, p, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, sqlBacklog).Scan(&b.Commits, &seconds)
	})
	b.Longest = time.Duration(seconds * float64(time.Second))
	return b, err
}
