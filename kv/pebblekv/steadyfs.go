package pebblekv

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// isNoSpace reports whether err says that the disk, or the user's share of it,
// is full.
func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// passes reports whether err is one that others may make go away: the disk is
// full, or too many files are open.
func passes(err error) bool {
	return isNoSpace(err) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// retryEvery is how long a write waits before it is tried again.
const retryEvery = 100 * time.Millisecond

// tellEvery is how many seconds lie between two lines of the log about it.
const tellEvery = 10

// steadyFS keeps from Pebble what would make it end the process.
//
// While the disk is full, writes wait: room may come back. New commits do not get
// there, because room refuses them before: what waits are commits that were on
// their way and the background's work.
//
// Any other error in writing ends it for good; see failure. Those with tables of
// keys Pebble could survive, but not those with files of values.
type steadyFS struct {
	vfs.FS
	dir    string
	log    *slog.Logger
	failed *failure
	spares *spares
	opened atomic.Bool   // before, all errors are passed on: opening fails
	done   chan struct{} // closed by giveUp
	once   sync.Once
	told   atomic.Int64 // when the log was last told, in seconds
}

func newSteadyFS(fs vfs.FS, dir string, log *slog.Logger, failed *failure, spares *spares) *steadyFS {
	return &steadyFS{FS: fs, dir: dir, log: log, failed: failed, spares: spares, done: make(chan struct{})}
}

// giveUp ends all waiting: what waits is tried once more, and from then on a full
// disk is an error like others.
func (fs *steadyFS) giveUp() { fs.once.Do(func() { close(fs.done) }) }

func (fs *steadyFS) givenUp() bool {
	select {
	case <-fs.done:
		return true
	default:
		return false
	}
}

// wait sleeps before another attempt at what ended in err.
func (fs *steadyFS) wait(err error) {
	if now, told := time.Now().Unix(), fs.told.Load(); now-told >= tellEvery && fs.told.CompareAndSwap(told, now) {
		fs.log.Error("disk is full; a write waits for room", "dir", fs.dir, "err", err)
	}
	timer := time.NewTimer(retryEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-fs.done:
	}
}

// retry does what changes a file until the disk is not full.
func (fs *steadyFS) retry(name string, do func() error) error {
	for {
		last := fs.givenUp()
		err := do()
		if err == nil || last || !passes(err) {
			return fs.end(name, err)
		}
		fs.wait(err)
	}
}

// end does not return from an error in writing.
func (fs *steadyFS) end(name string, err error) error {
	if err == nil || !fs.opened.Load() {
		return err
	}
	fs.failed.set(fmt.Errorf("%s: %w", fs.FS.PathBase(name), err))
	select {} // until the process ends
}

// file opens a file to be written.
func (fs *steadyFS) file(name string, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := fs.retry(name, func() (err error) {
		f, err = open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &steadyFile{File: f, fs: fs, name: name}, nil
}

func (fs *steadyFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if category == walCategory {
		if f := fs.spares.create(name); f != nil {
			return &steadyFile{File: f, fs: fs, name: name}, nil
		}
	}
	return fs.file(name, func() (vfs.File, error) { return fs.FS.Create(name, category) })
}

func (fs *steadyFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return fs.file(name, func() (vfs.File, error) { return fs.FS.OpenReadWrite(name, category, opts...) })
}

func (fs *steadyFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if category == walCategory {
		if f := fs.spares.replace(oldname, newname); f != nil {
			return &steadyFile{File: f, fs: fs, name: newname}, nil
		}
	}
	return fs.file(newname, func() (vfs.File, error) { return fs.FS.ReuseForWrite(oldname, newname, category) })
}

// OpenDir opens a directory to be synced, upon which new logs and lists depend.
func (fs *steadyFS) OpenDir(name string) (vfs.File, error) {
	f, err := fs.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &steadyFile{File: f, fs: fs, name: name}, nil
}

func (fs *steadyFS) Link(oldname, newname string) error {
	return fs.retry(newname, func() error { return fs.FS.Link(oldname, newname) })
}

func (fs *steadyFS) Rename(oldname, newname string) error {
	return fs.retry(newname, func() error { return fs.FS.Rename(oldname, newname) })
}

// Unwrap implements vfs.FS.
func (fs *steadyFS) Unwrap() vfs.FS { return fs.FS }

// steadyFile is a file that is written. Its writes wait for room; a sync is not
// tried again: after one that failed nobody knows what is on the disk, so that
// the next would prove nothing.
type steadyFile struct {
	vfs.File
	fs   *steadyFS
	name string
}

// Write implements io.Writer. What was written before the disk was full is not
// written again.
func (f *steadyFile) Write(p []byte) (n int, err error) {
	err = f.fs.retry(f.name, func() error {
		m, err := f.File.Write(p[n:])
		n += m
		return err
	})
	return n, err
}

func (f *steadyFile) Sync() error     { return f.fs.end(f.name, f.File.Sync()) }
func (f *steadyFile) SyncData() error { return f.fs.end(f.name, f.File.SyncData()) }
func (f *steadyFile) Close() error    { return f.fs.end(f.name, f.File.Close()) }

func (f *steadyFile) SyncTo(length int64) (full bool, err error) {
	full, err = f.File.SyncTo(length)
	return full, f.fs.end(f.name, err)
}

// Preallocate implements vfs.File. It only helps, so that an error is none.
func (f *steadyFile) Preallocate(offset, length int64) error {
	_ = f.File.Preallocate(offset, length)
	return nil
}
