package pgkv

import (
	"context"
	"errors"
	"fmt"

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
	var n int
	err := s.once(ctx, s.readers, p, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, sqlBacklog).Scan(&n)
	})
	switch {
	case err != nil && transient(err):
		return &connectError{err}
	case err != nil: // a database that does not tell
		s.log.DebugContext(ctx, "cannot ask how many commits wait for a standby", "error", err)
		return ctx.Err()
	case n >= s.options.Writers:
		return &connectError{fmt.Errorf("%w: %d", errBacklog, n)}
	case n == 0:
		s.backlog.Store(false)
	}
	return nil
}
