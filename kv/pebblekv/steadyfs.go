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
// keys Pebble could survive, but not those with files of values. From then on
// nothing changes on the disk: whoever wants to change a file, in the background,
// is held where he stands, with no lock that readers and commits need. Only the
// log goes on for the look of it, so that commits which Pebble is about to write
// come to their end: what is written to it is dropped.
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
	short  atomic.Int32 // writes that wait for room
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
	if isNoSpace(err) {
		fs.short.Add(1)
		defer fs.short.Add(-1)
	}
	timer := time.NewTimer(retryEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-fs.done:
	}
}

// ended reports whether nothing may change on the disk any more.
func (fs *steadyFS) ended() bool { return fs.opened.Load() && fs.failed.get() != nil }

// retry changes a file until the disk is not full. It does not return from another
// error, nor after one.
func (fs *steadyFS) retry(name string, do func() error) error {
	err := fs.try(name, do)
	if fs.ended() {
		select {} // until the process ends
	}
	return err
}

// try is retry for those that go on after the end; they drop the error then.
func (fs *steadyFS) try(name string, do func() error) error {
	for !fs.ended() {
		last := fs.givenUp()
		err := do()
		if err == nil || !fs.opened.Load() {
			return err
		}
		if last || !passes(err) {
			fs.failed.set(fmt.Errorf("%s: %w", fs.FS.PathBase(name), err))
			return err
		}
		fs.wait(err)
	}
	return nil
}

// file opens a file to be written.
func (fs *steadyFS) file(name string, category vfs.DiskWriteCategory, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	do := func() (err error) {
		f, err = open()
		return err
	}
	if category != walCategory {
		if err := fs.retry(name, do); err != nil {
			return nil, err
		}
		return &steadyFile{File: f, fs: fs, name: name, change: fs.retry}, nil
	}
	if err := fs.try(name, do); err != nil && !fs.ended() {
		return nil, err
	}
	if fs.ended() {
		var err error
		if f, err = vfs.NewMem().Create(fs.FS.PathBase(name), category); err != nil {
			return nil, err
		}
	}
	return &steadyFile{File: f, fs: fs, name: name, change: fs.drop}, nil
}

// drop is try without what does not count after the end.
func (fs *steadyFS) drop(name string, do func() error) error {
	if err := fs.try(name, do); !fs.ended() {
		return err
	}
	return nil
}

func (fs *steadyFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.file(name, category, func() (vfs.File, error) {
		if category == walCategory {
			if f := fs.spares.create(name); f != nil {
				return f, nil
			}
		}
		return fs.FS.Create(name, category)
	})
}

func (fs *steadyFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return fs.file(name, category, func() (vfs.File, error) { return fs.FS.OpenReadWrite(name, category, opts...) })
}

func (fs *steadyFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.file(newname, category, func() (vfs.File, error) {
		if category == walCategory {
			if f := fs.spares.replace(oldname, newname); f != nil {
				return f, nil
			}
		}
		return fs.FS.ReuseForWrite(oldname, newname, category)
	})
}

// OpenDir opens a directory to be synced, upon which new logs and lists depend.
// Those who sync it for a list come to change that, and are held there.
func (fs *steadyFS) OpenDir(name string) (vfs.File, error) {
	f, err := fs.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &steadyFile{File: f, fs: fs, name: name, change: fs.drop}, nil
}

func (fs *steadyFS) Link(oldname, newname string) error {
	return fs.retry(newname, func() error { return fs.FS.Link(oldname, newname) })
}

func (fs *steadyFS) Rename(oldname, newname string) error {
	return fs.retry(newname, func() error { return fs.FS.Rename(oldname, newname) })
}

// Remove passes its errors on, which Pebble lives with.
func (fs *steadyFS) Remove(name string) error {
	if fs.ended() {
		select {}
	}
	return fs.FS.Remove(name)
}

// Unwrap implements vfs.FS.
func (fs *steadyFS) Unwrap() vfs.FS { return fs.FS }

// steadyFile is a file that is written. Its writes wait for room; a sync is not
// tried again: after one that failed nobody knows what is on the disk, so that
// the next would prove nothing.
type steadyFile struct {
	vfs.File
	fs     *steadyFS
	name   string
	change func(name string, do func() error) error // steadyFS.retry, or drop
}

// Write implements io.Writer. What was written before the disk was full is not
// written again.
func (f *steadyFile) Write(p []byte) (n int, err error) {
	err = f.change(f.name, func() error {
		m, err := f.File.Write(p[n:])
		n += m
		return err
	})
	if err == nil {
		n = len(p)
	}
	return n, err
}

func (f *steadyFile) Sync() error     { return f.sync(f.File.Sync) }
func (f *steadyFile) SyncData() error { return f.sync(f.File.SyncData) }
func (f *steadyFile) Close() error    { return f.sync(f.File.Close) }

func (f *steadyFile) SyncTo(length int64) (full bool, err error) {
	err = f.sync(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// sync does what is not tried again, because its error says that something is lost.
func (f *steadyFile) sync(do func() error) error {
	return f.change(f.name, func() error {
		err := do()
		if passes(err) && f.fs.opened.Load() {
			return fmt.Errorf("not on the disk: %v", err)
		}
		return err
	})
}

// Preallocate implements vfs.File. It only helps, so that an error is none.
func (f *steadyFile) Preallocate(offset, length int64) error {
	_ = f.File.Preallocate(offset, length)
	return nil
}
