package kv

import (
	"context"
	"errors"
)

// ErrUnexpected is what CommitExpecting answers when a range has a row. Nothing was written.
var ErrUnexpected = errors.New("kv: a range is not empty")

// Expecter is an engine to which it costs less to commit on what is mostly so than to look first.
type Expecter interface {
	// CommitExpecting is Commit if none of the ranges has a row at the base version, and else
	// answers ErrUnexpected. Where the partition is not at its base either, it may answer
	// ErrUnexpected or ErrConflict.
	CommitExpecting(ctx context.Context, p Partition, base Version, b *Batch, d Durability, empty []Range) (Version, error)
}

// CommitExpecting does what an Expecter does, on any engine.
func CommitExpecting(ctx context.Context, s Store, p Partition, base Version, b *Batch, d Durability, empty []Range) (Version, error) {
	if e, ok := s.(Expecter); ok {
		return e.CommitExpecting(ctx, p, base, b, d, empty)
	}
	rows, version, err := First(ctx, s, p, empty)
	switch {
	case err != nil:
		return 0, err
	case version != base:
		return 0, ErrConflict
	}
	for _, row := range rows {
		if row.Key != nil {
			return 0, ErrUnexpected
		}
	}
	return s.Commit(ctx, p, base, b, d)
}
