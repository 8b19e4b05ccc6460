package pebblekv

import (
	"errors"
	"io/fs"
	"log/slog"
	"math/bits"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// walCategory is how Pebble marks the files of its log.
const walCategory vfs.DiskWriteCategory = "pebble-wal"

// firstLog is about how long Pebble's first log file is. Each is twice as long as
// the one before until they are as long as its memtable.
const firstLog = 256 << 10

// spares prepares files for Pebble's log: of full length and written before.
//
// To sync what was written into a file for the first time the file system has to
// write notes of its own, which takes about as long as the bytes. Pebble uses its
// log files again for that reason, but those that it made first are short, and it
// has none after a start. So a file full of zeros is kept ready here, and taken
// where Pebble makes a new log file or would use a short one again. Pebble takes
// zeros behind a log's end for what they are, as on any preallocated file.
type spares struct {
	fs   vfs.FS
	dir  string
	size int64
	from int // how many log files Pebble makes before spares are prepared
	room *room
	log  *slog.Logger
	wake chan struct{}
	mu   struct {
		sync.Mutex
		made  int  // log files that Pebble has asked for
		ready bool // there is a spare
	}
}

// newSpares removes what an earlier process has left.
func newSpares(fsys vfs.FS, dir string, size int64, room *room, log *slog.Logger) *spares {
	s := &spares{fs: fsys, dir: dir, size: size, room: room, log: log, wake: make(chan struct{}, 1)}
	// Before the log files are long it does not pay, and a store that is hardly
	// written to never gets there.
	s.from = max(4, bits.Len64(uint64(size/firstLog))-2)
	s.remove()
	return s
}

// A spare that can be taken, and the file that becomes one once it is full. Only run
// writes to the latter, and nobody to the former, which is a log the moment after.
func (s *spares) name() string    { return s.fs.PathJoin(s.dir, "SPARE") }
func (s *spares) unready() string { return s.fs.PathJoin(s.dir, "SPARE-NEW") }

func (s *spares) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.ready = false
	for _, name := range []string{s.name(), s.unready()} {
		if err := s.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("spare log file cannot be removed", "err", err)
		}
	}
}

// create opens the spare as the log file name, which is new. It answers nil if
// there is none. It has another one made.
func (s *spares) create(name string) vfs.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.made++
	if s.mu.made >= s.from {
		notify(s.wake)
	}
	if !s.mu.ready {
		return nil
	}
	s.mu.ready = false
	f, err := s.fs.ReuseForWrite(s.name(), name, walCategory)
	if err != nil {
		s.log.Warn("spare log file cannot be used", "err", err)
		return nil // Create makes it anew, whatever became of it
	}
	return f
}

// replace opens the spare as the log file name instead of the old one, if that is
// short. It answers nil if it is not, or there is no spare.
func (s *spares) replace(old, name string) vfs.File {
	if info, err := s.fs.Stat(old); err != nil || info.Size() >= s.size {
		return nil
	}
	f := s.create(name)
	if f == nil {
		return nil
	}
	if err := s.fs.Remove(old); err != nil {
		s.log.Warn("old log file cannot be removed", "err", err)
	}
	return f
}

// run prepares spares until quit is closed, and leaves none.
func (s *spares) run(quit <-chan struct{}) {
	defer s.remove()
	for {
		select {
		case <-quit:
			return
		case <-s.wake:
		}
		s.mu.Lock()
		ready := s.mu.ready
		s.mu.Unlock()
		if ready || !s.room.spare(s.size) {
			continue
		}
		if err := s.prepare(quit); err != nil {
			s.log.Debug("no spare log file", "err", err)
			s.remove()
			continue
		}
		s.mu.Lock()
		err := s.fs.Rename(s.unready(), s.name())
		s.mu.ready = err == nil
		s.mu.Unlock()
		if err != nil {
			s.log.Debug("no spare log file", "err", err)
		}
	}
}

var errQuit = errors.New("pebblekv: closing")

// prepare writes the spare and syncs it.
func (s *spares) prepare(quit <-chan struct{}) (err error) {
	f, err := s.fs.Create(s.unready(), walCategory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zeros := make([]byte, 1<<20)
	for left := s.size; left > 0; {
		select {
		case <-quit:
			return errQuit
		default:
		}
		n, err := f.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return err
		}
		left -= int64(n)
		// Little by little, so that those who wait for the disk wait less.
		if err := f.SyncData(); err != nil {
			return err
		}
	}
	return f.Sync()
}
