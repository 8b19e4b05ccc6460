// Package pebblekv is the embedded storage engine: one Pebble database for all
// partitions, so that concurrent commits of all accounts share one fsync.
//
// A commit is one Pebble batch that also holds the partition's new version.
// Values of some size go to files of their own, which compaction of the keys
// leaves alone. Durable commits wait for Pebble's log; Relaxed ones are in a
// small log of their own before they return (see relaxedLog).
package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// Options says how to open a store. Only Dir is required.
type Options struct {
	// Dir is the directory that holds the store and nothing else. It is made
	// if it is not there.
	Dir string
	// Logger gets Pebble's own messages at debug level, and what goes wrong
	// in the background above that. Nil discards.
	Logger *slog.Logger
	// CacheBytes is the memory for blocks read. 0 is 64 MiB.
	CacheBytes int64
	// MemTableBytes is the memory that takes commits until it is written out;
	// up to four of them are in use under load. 0 is 32 MiB.
	MemTableBytes int
	// FS is the file system, nil the operating system's.
	FS vfs.FS
	// SyncAll makes Relaxed commits Durable.
	SyncAll bool
	// Reserve is how many bytes stay free on the disk: commits that write are
	// refused with kv.ErrNoSpace when less is free, those that make room at
	// half of it. It leaves room to write out what was committed. 0 is 4
	// times MemTableBytes, negative none.
	Reserve int64
	// Failed is called, once and on a goroutine of its own, when a failing disk
	// has ended writing: commits are refused from then on, and the program
	// should end, because only a new start can write again. Nil: nobody is told.
	Failed func(error)

	// rewriteAge is how old a file of values must be before its garbage is
	// worth rewriting it. 0 is a minute.
	rewriteAge time.Duration
	// removed is called when Pebble has deleted a file. Nil: nobody is.
	removed func()
}

// Store is an open store. It implements kv.Store.
type Store struct {
	db         *pebble.DB
	lock       *pebble.Lock
	log        *slog.Logger
	dir        string
	syncAll    bool
	unclean    uint64 // see UncleanOpens
	fs         *steadyFS
	room       *room
	backlog    *backlog
	partitions partitions
	relaxed    *relaxedLog
	reclaim    *reclaimer
	failed     *failure
	closed     atomic.Bool
	commits    atomic.Uint64
	quit       chan struct{}      // closed by Close
	cancel     context.CancelFunc // ends the background's work
	background chan struct{}      // closed when that has ended

	use struct { // who is inside
		sync.Mutex
		n     int // running calls and open snapshots
		last  bool
		ended chan struct{} // closed once the last user has torn the store down
	}
	closeErr error // set before use.ended is closed
}

var _ kv.Store = (*Store)(nil)

// enter notes a user of the store, who leaves at the end.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.use.Lock()
	defer s.use.Unlock()
	if s.closed.Load() {
		return kv.ErrClosed
	}
	s.use.n++
	return nil
}

func (s *Store) leave() {
	s.use.Lock()
	s.use.n--
	last := s.use.n == 0 && s.closed.Load() && !s.use.last
	s.use.last = s.use.last || last
	s.use.Unlock()
	if last {
		s.tearDown()
	}
}

// Watch implements kv.Store. This process is the only writer, so nothing is
// ever told.
func (s *Store) Watch(ctx context.Context) (<-chan kv.Change, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	changes := make(chan kv.Change)
	go func() {
		defer close(changes)
		select {
		case <-ctx.Done():
		case <-s.quit:
		}
	}()
	return changes, nil
}

// Partitions implements kv.Store.
func (s *Store) Partitions(ctx context.Context, f func(kv.Partition, kv.Version) error) (err error) {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	lower, upper := versionBounds()
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return fmt.Errorf("pebblekv: partitions: %w", wrap(err))
	}
	defer func() { err = errors.Join(err, wrap(it.Close())) }()
	for ok := it.First(); ok; ok = it.Next() {
		if s.closed.Load() {
			return kv.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		p, v, err := decodeVersionRow(it.Key(), it.Value())
		if err != nil {
			return err
		}
		if err := f(p, v); err != nil {
			return err
		}
	}
	return nil
}

// Flush implements kv.Store.
func (s *Store) Flush(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.failed.await(s.relaxed.sync)
}

// Close implements kv.Store. It syncs all commits and ends what runs. With
// snapshots still open it returns nonetheless; then the last one to be closed
// releases the files. A store that a write error has ended keeps its files,
// which Pebble may be using, until the process ends.
func (s *Store) Close() error {
	s.use.Lock()
	if s.closed.Swap(true) {
		s.use.Unlock()
		return kv.ErrClosed
	}
	close(s.quit)
	s.cancel()
	s.fs.giveUp() // a full disk must not keep the process from ending
	s.use.n++     // released below, so that tearDown runs at most once
	s.use.Unlock()
	err := s.failed.await(func() error {
		<-s.background
		return s.relaxed.sync()
	})
	s.leave()
	select {
	case <-s.use.ended:
		return errors.Join(err, s.closeErr)
	default:
		s.log.Warn("store closed while in use; its files are released with the last user")
		return err
	}
}

func (s *Store) tearDown() {
	defer close(s.use.ended)
	s.closeErr = s.failed.await(func() error {
		err := s.relaxed.close()
		if err == nil {
			err = s.markClean()
		}
		return errors.Join(err, wrap(s.db.Close()), s.lock.Close())
	})
}
