// Package pgkv is the storage engine over PostgreSQL, for any number of nodes.
//
// A partition is a row with its version and the rows of its keys. A commit is
// one pipelined round trip: a conditional update of the version, and after it the
// changes, all in one transaction, which commits of other partitions may share. A snapshot is a read-only transaction of
// repeatable-read isolation.
//
// Connections break and servers fail over. A call that finds none waits for
// one, up to Options.Patience; a snapshot whose connection broke goes on over
// another one if the partition is still at its version; and a commit whose
// answer was lost is looked for by its mark before anybody hears of it (see
// Store.settle).
package pgkv

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

// Options says how to open a store. Only URL is required.
type Options struct {
	// URL names the database as libpq does: a postgres:// URL or key=value
	// pairs. With several hosts and target_session_attrs=read-write the one
	// that is the primary now is found.
	URL string
	// Password gives the password for each new connection. Nil: that of URL,
	// PGPASSWORD or PGPASSFILE.
	Password func() (string, error)
	// Existing opens a store that is there, and makes none.
	Existing bool
	// Logger is told of connections that break and of what is done about it.
	// Nil discards.
	Logger *slog.Logger
	// Readers is how many connections serve snapshots, each of which has one
	// while it is read. 0 is 32.
	Readers int
	// Writers is how many connections serve commits. 0 is 16.
	Writers int
	// Patience bounds how long a call waits for a database that cannot be
	// reached, and for the outcome of a commit. 0 is 10 seconds.
	Patience time.Duration
	// AnswerTime is how long one statement or commit may go unanswered before
	// its connection is taken for broken. 0 is half of Patience.
	AnswerTime time.Duration
	// Bus carries news of commits between nodes. Nil is PostgreSQL's own
	// LISTEN and NOTIFY, over one connection.
	Bus Bus
}

// Store is an open store. It implements kv.Store.
type Store struct {
	options   Options
	log       *slog.Logger
	id        string        // of the store, the same for all nodes
	node      [8]byte       // this Store's own, by chance
	commits   atomic.Uint64 // numbers of marks
	count     counters
	outages   struct{ read, write outage }
	latencies latencies
	backlog   atomic.Bool // commits may be waiting for a standby that nobody waits for any more
	turns     turns
	company   gathering[*companion]
	onlookers gathering[*onlooker]
	sharded   bool // partitions lie on several servers, so that commits go alone
	readers   *pgxpool.Pool
	writers   *pgxpool.Pool
	news      *news
	servers   servers
	cancel    context.CancelFunc // ends the background's work

	mu struct {
		sync.Mutex
		closed    bool
		snapshots map[*snapshot]struct{} // open ones
		watches   map[*watch]struct{}
	}
}

var _ kv.Store = (*Store)(nil)

// check answers the error that ends every method of a closed store, or the
// context's.
func (s *Store) check(ctx context.Context) error {
	s.mu.Lock()
	closed := s.mu.closed
	s.mu.Unlock()
	if closed {
		return kv.ErrClosed
	}
	return ctx.Err()
}

// Partitions implements kv.Store. It reads in pages, not at one moment.
func (s *Store) Partitions(ctx context.Context, f func(kv.Partition, kv.Version) error) error {
	last := int64(-1)
	for {
		type row struct{ ID, Version int64 }
		var rows []row
		err := s.try(ctx, s.readers, func(ctx context.Context, c *pgxpool.Conn) error {
			r, err := c.Query(ctx, sqlPartitions, last)
			if err != nil {
				return err
			}
			rows, err = pgx.CollectRows(r, pgx.RowToStructByPos[row])
			return err
		})
		if err != nil {
			return fmt.Errorf("pgkv: partitions: %w", err)
		}
		for _, r := range rows {
			if err := s.check(ctx); err != nil {
				return err
			}
			if err := f(kv.Partition(r.ID), kv.Version(r.Version)); err != nil {
				return err
			}
			last = r.ID
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// Flush implements kv.Store: every commit is on stable storage when it returns.
func (s *Store) Flush(ctx context.Context) error { return s.check(ctx) }

// Close implements kv.Store. Open snapshots answer kv.ErrClosed from now on.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.mu.closed {
		s.mu.Unlock()
		return kv.ErrClosed
	}
	s.mu.closed = true
	open := s.mu.snapshots
	s.mu.snapshots = nil
	for w := range s.mu.watches {
		w.cancel()
	}
	s.mu.Unlock()
	for snap := range open {
		snap.drop()
	}
	s.news.close()
	s.cancel()
	s.writers.Close()
	s.readers.Close()
	return nil
}

// try calls f with a connection of a pool. While the database cannot be
// reached or has no room for another connection, it tries again, up to
// Patience: f must be free of effects or safe to be done again.
func (s *Store) try(ctx context.Context, pool *pgxpool.Pool, f func(context.Context, *pgxpool.Conn) error) error {
	patience := s.outage(pool).patience(s.options.Patience)
	for told := false; ; told = true {
		if err := s.check(ctx); err != nil {
			return err
		}
		err := s.once(ctx, pool, patience, f)
		if err == nil || !transient(err) {
			return err
		}
		if e := patience.wait(ctx); e != nil {
			return fmt.Errorf("%w: %w", e, err)
		}
		if !told {
			s.log.WarnContext(ctx, "database cannot be reached, waiting for it", "error", err)
		}
		s.count.retries.Add(1)
	}
}

// once calls f with a connection, got within what is left of patience.
func (s *Store) once(ctx context.Context, pool *pgxpool.Pool, p *patience, f func(context.Context, *pgxpool.Conn) error) (err error) {
	defer func() {
		if ctx.Err() == nil { // else it tells nothing of the database
			s.outage(pool).note(err)
		}
	}()
	acquire, cancel := context.WithDeadline(ctx, p.end)
	defer cancel()
	c, err := pool.Acquire(acquire)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &connectError{err}
	}
	defer c.Release()
	answer, cancel := context.WithTimeout(ctx, s.options.AnswerTime)
	defer cancel()
	_ = replicated(c.Conn()) // what was before, such as a NOTIFY
	if err = f(answer, c); err == nil {
		err = replicated(c.Conn())
	}
	return s.lost(ctx, pool, c.Conn(), err)
}

// lost makes err a lostError if the connection that it came from is no more. Then
// the pool's others are made anew too, because most of what breaks one breaks all, and
// each would be found out only by a call that waits for it in vain.
func (s *Store) lost(ctx context.Context, pool *pgxpool.Pool, c *pgx.Conn, err error) error {
	if code(err) == codeReadOnly { // where it leads to is the primary no more
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
		defer cancel()
		c.Close(closing)
	}
	if err == nil || !c.IsClosed() {
		return err
	}
	hangUp(c)
	s.count.lost.Add(1)
	if ctx.Err() == nil { // else it was closed because whoever asked went away
		pool.Reset()
	}
	return &lostError{err}
}
