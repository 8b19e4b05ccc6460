package pgkv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// settle finds out what became of a commit whose answer was lost, or did not wait for the
// standby, before anybody is answered.
//
// The commit may still be on its way: a server process that has not noticed the
// end of its connection can do it any moment. So first it is overtaken, by an
// empty commit on the same base. If that is taken, the lost one can never be any
// more: the partition has moved on, and the caller is told of a conflict, reads
// again and computes again. If it is not, somebody was before: the lost commit
// itself, if this node's mark is that of the lost commit, else another node.
//
// That a commit can be seen does not mean that a standby has it, where one is to: a
// primary that is stopped or crashes while it waits for the standby shows it once it is
// back. So the marks are read by a statement that waits for the standby itself.
func (s *Store) settle(ctx context.Context, patience *patience, lost *commit, cause error) (kv.Version, error) {
	// Whoever asked may have gone; what is done must be known all the same.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), patience.end)
	defer cancel()
	empty := commit{partition: lost.partition, base: lost.base, mark: s.newMark()}
	for {
		err := s.once(ctx, s.writers, patience, empty.send)
		if err == nil {
			s.news.committed(lost.partition, lost.base+1)
			return 0, kv.ErrConflict
		}
		if errors.Is(err, kv.ErrConflict) {
			var written bool
			written, err = s.written(ctx, patience, lost)
			switch {
			case err == nil && written:
				s.news.committed(lost.partition, lost.base+1)
				return lost.base + 1, nil
			case err == nil:
				return 0, kv.ErrConflict
			}
		}
		if ctx.Err() != nil { // patience has ended; whoever asked cannot end it
			return 0, fmt.Errorf("pgkv: outcome of a commit is not known: %w: %w", restante.ErrUnavailable, cause)
		}
		if errors.Is(err, errForgotten) || !transient(err) {
			return 0, fmt.Errorf("pgkv: outcome of a commit is not known: %w: %w", err, cause)
		}
		if e := patience.wait(context.WithoutCancel(ctx)); e != nil { // which ends with patience, too
			return 0, fmt.Errorf("pgkv: outcome of a commit is not known: %w: %w", e, cause)
		}
	}
}

// errForgotten says that too many other nodes have committed since.
var errForgotten = errors.New("too many nodes have committed since")

// written reports whether the commit is this node's last one of its partition.
func (s *Store) written(ctx context.Context, patience *patience, c *commit) (written bool, err error) {
	err = s.once(ctx, s.writers, patience, func(ctx context.Context, conn *pgxpool.Conn) error {
		var marks []byte
		err := conn.QueryRow(ctx, sqlMarks, int64(c.partition)).Scan(&marks)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		for m := range slices.Chunk(marks, len(c.mark)) {
			if bytes.Equal(m[:8], c.mark[:8]) {
				written = bytes.Equal(m, c.mark[:])
				return nil
			}
		}
		if len(marks) >= marksKept*len(c.mark) {
			return errForgotten
		}
		return nil
	})
	return written, err
}
