package pgkv

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

// Commits of several partitions go in one transaction where they would wait for one
// another anyway. What a commit costs the database by itself, which is more than its rows,
// is shared, and so is the sync of its log.
const (
	groupWait    = 10 * time.Millisecond // after which there may be as many as Options.Writers
	groupCommits = 32                    // commits in one
	groupBytes   = 1 << 20               // about what their values have
	// aloneBytes is from how many on a commit goes alone: it shares little, and others
	// would wait for it.
	aloneBytes = 256 << 10
)

// fewGroups is how many transactions of several commits there are at a time while they are
// quick. On few processors fewer and larger ones cost less.
func fewGroups() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// errLeftOut says that a commit was not done together with others: its partition is
// not at its base, or somebody else is changing it, or another commit's fault has ended them
// all. By itself it finds out.
var errLeftOut = errors.New("not done together with others")

// errUnanswered is what is known of a call until it was made, and for good if a panic has ended that.
var errUnanswered = errors.New("pgkv: what was made together with others has not ended")

// companion is a commit that may go together with others.
type companion struct {
	*commit
	err error // what became of it
}

// sociable reports whether a commit is such a one.
func (c *commit) sociable() bool {
	return c.base > 0 && len(c.changes.ranges) == 0 && !c.changes.large && c.changes.size < aloneBytes
}

// together sends a commit, with others if there are any.
func (s *Store) together(ctx context.Context, p *patience, c *commit) error {
	m := &companion{commit: c, err: errUnanswered}
	ctx, cancel := context.WithDeadline(ctx, p.end)
	defer cancel()
	if err := s.company.call(ctx, m); err != nil {
		return &connectError{err} // nothing was sent
	}
	return m.err
}

// roomFor reports whether a group of commits takes another one.
func roomFor(group []*companion, next *companion) bool {
	size := next.changes.size
	for _, m := range group {
		size += m.changes.size
	}
	return len(group) < groupCommits && size <= groupBytes
}

// sendAll makes the commits of a group in one transaction and notes in each what became of
// it. An error whose commits are certainly not done concerns one of them, so that
// each is left to go alone.
func (s *Store) sendAll(group []*companion) {
	var done map[kv.Partition]bool
	patience := s.outages.write.patience(s.options.Patience)
	err := s.once(context.Background(), s.writers, patience, func(ctx context.Context, c *pgxpool.Conn) (err error) {
		if done, err = send(ctx, c, group); err == nil && !anyIn(done) {
			err = errLeftOut // which tells nothing of the standby
		}
		return err
	})
	if code(err) != "" && undone(err) {
		err = errLeftOut
	}
	for _, m := range group {
		written, answered := done[m.partition]
		switch m.err = err; {
		case err != nil && !errors.Is(err, errLeftOut):
		case answered && !written:
			m.err = kv.ErrUnexpected
		case !answered:
			m.err = errLeftOut
		}
	}
}

// anyIn reports whether any of the commits was done.
func anyIn(done map[kv.Partition]bool) bool {
	for _, written := range done {
		if written {
			return true
		}
	}
	return false
}

// send makes the commits of a group and answers which partitions' were done; false: a range
// was not empty.
func send(ctx context.Context, c *pgxpool.Conn, group []*companion) (done map[kv.Partition]bool, err error) {
	var g groupArgs
	for _, m := range group {
		g.add(m.commit)
	}
	done = make(map[kv.Partition]bool, len(group))
	b := &pgx.Batch{} // of one statement, as a commit that goes alone is a pipeline
	b.Queue(sqlTogether, g.list()...).Query(func(rows pgx.Rows) error {
		var id int64
		var written bool
		_, err := pgx.ForEachRow(rows, []any{&id, &written}, func() error {
			done[kv.Partition(id)] = written
			return nil
		})
		return err
	})
	return done, c.SendBatch(ctx, b).Close()
}
