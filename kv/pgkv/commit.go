package pgkv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

// mark names one commit of one node: the node's eight bytes and a number. By it the
// commit is found again when its answer was lost.
type mark [16]byte

// marksKept is how many marks a partition keeps, each of another node; sqlNext
// says it in bytes, less one mark.
const marksKept = 32

func (s *Store) newMark() (m mark) {
	copy(m[:], s.node[:])
	binary.BigEndian.PutUint64(m[8:], s.commits.Add(1))
	return m
}

var _ kv.Expecter = (*Store)(nil)

// Commit implements kv.Store. Every commit is durable.
func (s *Store) Commit(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	return s.CommitExpecting(ctx, p, base, b, d, nil)
}

// CommitExpecting implements kv.Expecter.
func (s *Store) CommitExpecting(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, _ kv.Durability, empty []kv.Range) (kv.Version, error) {
	if err := s.check(ctx); err != nil {
		return 0, err
	}
	b, err := kv.CheckCommit(p, b)
	if err != nil {
		return 0, err
	}
	// One commit of a partition at a time, so that a node's mark is that of its only
	// commit whose outcome may be unknown.
	if err := s.turns.enter(ctx, p); err != nil {
		return 0, err
	}
	defer s.turns.leave(p)
	c := commit{partition: p, base: base, mark: s.newMark(), empty: boundsOf(empty), changes: changesOf(b)}
	patience := s.outages.write.patience(s.options.Patience)
	for together := !s.sharded && c.sociable(); ; together = false {
		err := s.attempt(ctx, patience, &c, together)
		switch {
		case err == nil:
			s.count.commits.Add(1)
			s.news.committed(p, base+1)
			return base + 1, nil
		case errors.Is(err, kv.ErrConflict):
			s.count.conflicts.Add(1)
			return 0, err
		case errors.Is(err, kv.ErrUnexpected), errors.Is(err, kv.ErrNoSpace):
			return 0, err
		case !undone(err):
			s.count.unknown.Add(1)
			s.backlog.Store(true)
			s.log.WarnContext(ctx, "a commit has no good answer, asking what became of it", "partition", uint64(p), "error", err)
			return s.settle(ctx, patience, &c, err)
		case !transient(err):
			return 0, fmt.Errorf("pgkv: commit: %w", err)
		}
		if err := s.check(ctx); err != nil {
			return 0, err
		}
		if e := patience.wait(ctx); e != nil {
			return 0, fmt.Errorf("pgkv: commit: %w: %w", e, err)
		}
		s.count.retries.Add(1)
	}
}

// attempt sends a commit, together with others where it may.
func (s *Store) attempt(ctx context.Context, p *patience, c *commit, together bool) error {
	if err := s.room(ctx, p); err != nil {
		return err
	}
	if together {
		if err := s.together(ctx, p, c); !errors.Is(err, errLeftOut) {
			return err
		}
	}
	return s.once(ctx, s.writers, p, c.send)
}

// commit is what is sent for a Commit.
type commit struct {
	partition kv.Partition
	base      kv.Version
	mark      mark
	empty     bounds // ranges without rows
	changes   changes
}

// bounds are those of ranges.
type bounds struct{ starts, ends [][]byte }

func boundsOf(ranges []kv.Range) (b bounds) {
	for _, r := range ranges {
		b.starts, b.ends = append(b.starts, r.Start), append(b.ends, r.End)
	}
	return b
}

// send makes the commit in one round trip: the pipeline is one transaction.
func (c *commit) send(ctx context.Context, conn *pgxpool.Conn) error {
	b := &pgx.Batch{}
	p := int64(c.partition)
	if c.base == 0 {
		b.Queue(sqlFirst, p, c.mark[:])
	} else {
		b.Queue(sqlNext, p, int64(c.base), c.mark[:], c.mark[:8])
	}
	if len(c.empty.starts) > 0 {
		b.Queue(sqlExpect, p, byteas(c.empty.starts), byteas(c.empty.ends))
	}
	c.changes.queue(b, p)
	return commitError(conn.SendBatch(ctx, b).Close())
}

// commitError gives the errors of a commit's statements their kinds.
func commitError(err error) error {
	switch code(err) {
	case codeDivisionByZero, codeUniqueViolation:
		return kv.ErrConflict
	case codeNegativeRoot:
		return kv.ErrUnexpected
	case codeDiskFull:
		return fmt.Errorf("%w: %w", kv.ErrNoSpace, err)
	}
	return err
}
