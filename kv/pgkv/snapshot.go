package pgkv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// snapshot is a transaction that reads one moment. If its connection breaks,
// it begins another one, which shows the same as long as the partition is at the
// same version.
type snapshot struct {
	store     *Store
	ctx       context.Context // of the call that opened it: kv.Snapshot has no other
	partition int64
	version   kv.Version
	closed    atomic.Bool
	mu        struct {
		sync.Mutex // between reads and the store's end
		conn       *pgxpool.Conn
	}
}

// Snapshot implements kv.Store, in one round trip.
func (s *Store) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	snap := &snapshot{store: s, ctx: ctx, partition: int64(p)}
	version, err := snap.begin(ctx)
	if err != nil {
		return nil, err
	}
	snap.version = version
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		snap.mu.conn.Conn().Close(ctx)
		snap.mu.conn.Release()
		return nil, kv.ErrClosed
	}
	s.mu.snapshots[snap] = struct{}{}
	s.count.snapshots.Add(1)
	return snap, nil
}

// readOnly begins a transaction that sees one moment.
var readOnly = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// begin gets a connection, begins the transaction and answers the partition's
// version in it. It tries again as try does.
func (s *snapshot) begin(ctx context.Context) (version kv.Version, err error) {
	outage := &s.store.outages.read
	patience := outage.patience(s.store.options.Patience)
	for {
		if err := s.store.check(ctx); err != nil {
			return 0, err
		}
		version, err = s.beginOnce(ctx, patience.end)
		if ctx.Err() == nil {
			outage.note(err)
		}
		if err == nil || !transient(err) {
			return version, err
		}
		if e := patience.wait(ctx); e != nil {
			return 0, fmt.Errorf("pgkv: snapshot: %w: %w", e, err)
		}
		s.store.count.retries.Add(1)
	}
}

// beginOnce opens the transaction on a connection that is free before end, and answers
// the partition's version.
func (s *snapshot) beginOnce(ctx context.Context, end time.Time) (kv.Version, error) {
	acquire, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	c, err := s.store.readers.Acquire(acquire)
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, &connectError{err}
	}
	var version int64
	b := &pgx.Batch{}
	b.BeginTx(readOnly)
	b.Queue(sqlVersion, s.partition).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&version)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	answer, cancel := context.WithTimeout(ctx, s.store.options.AnswerTime)
	defer cancel()
	if err := c.SendBatch(answer, b).Close(); err != nil {
		err = s.store.lost(ctx, s.store.readers, c.Conn(), err)
		release(c)
		return 0, err
	}
	s.mu.conn = c
	return kv.Version(version), nil
}

// maxAttempts bounds over how many connections one read is tried.
const maxAttempts = 5

// release ends the transaction of a connection and gives it back, without making
// the caller wait. A connection that does not answer is closed.
func release(c *pgxpool.Conn) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
		defer cancel()
		if c.Conn().PgConn().TxStatus() != 'I' {
			// An error closes the connection, and the pool forgets it.
			_, _ = c.Exec(ctx, sqlRollback)
		}
		c.Release()
	}()
}

// rollbackTime bounds the wait for a rollback.
const rollbackTime = 5 * time.Second

// Version implements kv.Snapshot.
func (s *snapshot) Version() kv.Version { return s.version }

// read calls f with the transaction, and with another one that shows the same
// where the connection has broken.
func (s *snapshot) read(f func(context.Context, *pgx.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for attempt := 1; ; attempt++ {
		if s.closed.Load() {
			return kv.ErrClosed
		}
		c := s.mu.conn.Conn()
		answer, cancel := context.WithTimeout(s.ctx, s.store.options.AnswerTime)
		err := s.store.lost(s.ctx, s.store.readers, c, f(answer, c))
		cancel()
		if err == nil || s.ctx.Err() != nil || !transient(err) || attempt == maxAttempts {
			return err
		}
		if err := s.againLocked(err); err != nil {
			return err
		}
	}
}

// againLocked begins another transaction after cause has ended this one.
func (s *snapshot) againLocked(cause error) error {
	s.store.log.WarnContext(s.ctx, "connection lost under a snapshot", "error", cause)
	s.mu.conn.Conn().Close(s.ctx)
	s.mu.conn.Release()
	s.mu.conn = nil
	version, err := s.begin(s.ctx)
	if err == nil && version != s.version {
		err = fmt.Errorf("pgkv: connection lost, and the partition has changed since: %w", restante.ErrUnavailable)
	}
	if err != nil {
		s.endLocked()
		return err
	}
	return nil
}

// Get implements kv.Snapshot.
func (s *snapshot) Get(key, dst []byte) ([]byte, error) {
	out := dst
	err := s.read(func(ctx context.Context, c *pgx.Conn) error {
		out = dst
		var parts int16
		rows, err := c.Query(ctx, sqlGet, s.partition, key)
		if err != nil {
			return err
		}
		found := rows.Next()
		if found {
			var value pgtype.DriverBytes
			err = rows.Scan(&value, &parts)
			out = append(out, value...)
		}
		rows.Close()
		switch {
		case rows.Err() != nil:
			return rows.Err()
		case err != nil:
			return err
		case !found:
			return kv.ErrNotFound
		case parts > joinedParts:
			out, err = s.appendParts(ctx, c, key, out)
			return err
		}
		return nil
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// appendParts appends the pieces of a value behind its first.
func (s *snapshot) appendParts(ctx context.Context, c *pgx.Conn, key, dst []byte) ([]byte, error) {
	rows, err := c.Query(ctx, sqlGetParts, s.partition, key)
	if err != nil {
		return dst, err
	}
	defer rows.Close()
	for rows.Next() {
		var value pgtype.DriverBytes
		if err := rows.Scan(&value); err != nil {
			return dst, err
		}
		dst = append(dst, value...)
	}
	return dst, rows.Err()
}

// Close implements kv.Snapshot.
func (s *snapshot) Close() error {
	s.store.mu.Lock()
	delete(s.store.mu.snapshots, s)
	s.store.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked()
	return nil
}

// drop ends the snapshot under whoever reads it, since the store is closed.
func (s *snapshot) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked()
}

// endLocked gives the connection back.
func (s *snapshot) endLocked() {
	if s.mu.conn != nil {
		release(s.mu.conn)
		s.mu.conn = nil
	}
	s.closed.Store(true)
}
