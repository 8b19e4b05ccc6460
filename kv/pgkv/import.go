package pgkv

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante/kv"
)

var _ kv.Importer = (*Store)(nil)

// Import implements kv.Importer. Nobody else writes to the store, so that an
// import whose answer was lost is tried again: that it was done is seen by its mark.
func (s *Store) Import(ctx context.Context, p kv.Partition, base, version kv.Version, b *kv.Batch) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	b, err := kv.CheckCommit(p, kv.ImportBatch(version, b))
	if err != nil {
		return err
	}
	if err := s.turns.enter(ctx, p); err != nil {
		return err
	}
	defer s.turns.leave(p)
	i := imported{commit: commit{partition: p, base: base, mark: s.newMark(), changes: changesOf(b)}, version: version}
	err = s.try(ctx, s.writers, func(ctx context.Context, c *pgxpool.Conn) error {
		err := i.send(ctx, c)
		if errors.Is(err, kv.ErrConflict) && i.tries > 1 && i.isDone(ctx, c) {
			return nil
		}
		return err
	})
	if err != nil && !errors.Is(err, kv.ErrConflict) {
		return fmt.Errorf("pgkv: import: %w", err)
	}
	return err
}

// imported is what is sent for an Import.
type imported struct {
	commit
	version kv.Version
	tries   int
}

func (i *imported) send(ctx context.Context, conn *pgxpool.Conn) error {
	i.tries++
	b := &pgx.Batch{}
	p, base, version := int64(i.partition), int64(i.base), int64(i.version)
	if i.base == 0 {
		b.Queue(sqlImportFirst, p, version, i.mark[:])
	} else if i.version > 0 {
		b.Queue(sqlImportNext, p, base, version, i.mark[:])
	}
	if i.version == 0 {
		b.Queue(sqlForget, p, base)
	}
	i.changes.queue(b, p)
	return commitError(conn.SendBatch(ctx, b).Close())
}

// isDone reports whether the partition is what the import makes of it.
func (i *imported) isDone(ctx context.Context, conn *pgxpool.Conn) bool {
	var marks []byte
	err := conn.QueryRow(ctx, sqlMarks, int64(i.partition)).Scan(&marks)
	if i.version == 0 {
		return errors.Is(err, pgx.ErrNoRows)
	}
	return err == nil && string(marks) == string(i.mark[:])
}

// ID names the store among all there are.
func (s *Store) ID() string { return s.id }

// Size answers about how many bytes the rows take in the database.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	err = s.try(ctx, s.readers, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, sqlSize).Scan(&n)
	})
	return n, err
}
