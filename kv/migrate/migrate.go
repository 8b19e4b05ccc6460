// Package migrate copies a whole store from one engine into another, so that
// every partition has the same rows and the same version there.
//
// A copy can be stopped at any moment and gone on with. The target says by a
// marker of its own that it is not whole yet, so that no program takes it for a
// store (see Unfinished), and each partition says by its version how far it is: it
// has the source's version exactly when it has all of the source's rows. A
// partition that has changed in the source since is compared with its copy, and
// only what differs is written.
//
// In the end every partition is read back and compared byte by byte. A source
// that is written to meanwhile is followed for a few rounds; to come to an
// end it has to be left alone.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

var (
	// ErrNotEmpty says that the target holds a store already.
	ErrNotEmpty = errors.New("target is not empty")
	// ErrOtherSource says that the target is an unfinished copy of another store.
	ErrOtherSource = errors.New("target is an unfinished copy of another store")
	// ErrUnfinished says that a store is an unfinished copy of another one.
	ErrUnfinished = errors.New("store is an unfinished copy of another one")
	// ErrChanging says that the source was written to all the time.
	ErrChanging = errors.New("source is being written to")
	// ErrDamaged says that some of the source could not be read. All the rest
	// was copied.
	ErrDamaged = fmt.Errorf("source is damaged: %w", restante.ErrCorrupt)
)

// Options say what is copied where.
type Options struct {
	Source kv.Store
	Target kv.Importer
	// From names the source in the target until the copy is whole: a copy is gone
	// on with from the source that it was begun from alone.
	From string
	// Workers is how many partitions are copied at a time. 0 is 8.
	Workers int
	// Logger is told what is tried again and which partitions cannot be read. Nil
	// discards.
	Logger *slog.Logger
	// Accept is called with the target when it equals the source, before it is
	// given free. An error keeps it unfinished. Nil accepts.
	Accept func(context.Context, kv.Store) error

	batch int // bytes of a batch; 0: batchBytes
}

// Result is what was done.
type Result struct {
	Partitions int64 // of the source
	Copied     int64 // partitions of which something was written, this time
	Rows       int64 // compared and found equal
	Bytes      int64 // of their keys and values
	Mended     int64 // partitions that had the source's version but not its rows
	Unreadable int64 // partitions of the source that could not be read
}

// Migration is a copy. Run it once.
type Migration struct {
	options Options
	log     *slog.Logger
	progress
	result  results
	damaged damaged
}

// New prepares a copy and touches nothing.
func New(o Options) *Migration {
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.batch <= 0 {
		o.batch = batchBytes
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Migration{options: o, log: o.Logger}
}

// maxRounds bounds how often a source that changes is followed.
const maxRounds = 4

// Run copies what is not copied yet and compares everything. After an error,
// another Migration goes on. The errors are those of this package, and the
// engines'.
func (m *Migration) Run(ctx context.Context) (Result, error) {
	if err := m.begin(ctx); err != nil {
		return Result{}, err
	}
	err := m.rounds(ctx)
	if err == nil && m.options.Accept != nil {
		m.enter(Checking, 0)
		err = m.options.Accept(ctx, unmarked{m.options.Target})
	}
	if err == nil {
		err = m.finish(ctx)
	}
	return m.result.get(), err
}

// rounds copies and compares everything, and then again what has changed since.
func (m *Migration) rounds(ctx context.Context) error {
	total, err := m.count(ctx)
	if err != nil {
		return err
	}
	m.result.partitions.Store(total)
	all := func(ctx context.Context, f func(kv.Partition) error) error {
		return m.options.Source.Partitions(ctx, func(p kv.Partition, _ kv.Version) error {
			if p == passing {
				return nil
			}
			return f(p)
		})
	}
	m.enter(Copying, total)
	if err := m.each(ctx, all, m.copy); err != nil {
		return err
	}
	m.enter(Comparing, total)
	if err := m.each(ctx, all, m.compare); err != nil {
		return err
	}
	for round := 1; ; round++ {
		changed, err := m.changed(ctx)
		switch {
		case err != nil:
			return err
		case m.result.unreadable.Load() > 0:
			return fmt.Errorf("%d of %d partitions cannot be read: %w", m.result.unreadable.Load(), total, ErrDamaged)
		case len(changed) == 0:
			return nil
		case round == maxRounds:
			return fmt.Errorf("%d partitions have changed since they were copied: %w", len(changed), ErrChanging)
		}
		m.log.Info("source has changed while it was copied", "partitions", len(changed))
		some := func(_ context.Context, f func(kv.Partition) error) error {
			for _, p := range changed {
				if err := f(p); err != nil {
					return err
				}
			}
			return nil
		}
		m.enter(Copying, int64(len(changed)))
		if err := m.each(ctx, some, m.copy); err != nil {
			return err
		}
		m.enter(Comparing, int64(len(changed)))
		if err := m.each(ctx, some, m.compare); err != nil {
			return err
		}
	}
}

// count answers how many partitions the source has.
func (m *Migration) count(ctx context.Context) (n int64, err error) {
	m.enter(Counting, 0)
	err = m.options.Source.Partitions(ctx, func(p kv.Partition, _ kv.Version) error {
		if p == marker {
			return fmt.Errorf("partition %d is the one that marks an unfinished copy: %w", uint64(p), restante.ErrInvalid)
		}
		if p != passing {
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("list the source: %w", err)
	}
	return n, nil
}
