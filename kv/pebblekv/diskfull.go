package pebblekv

import (
	"errors"
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

// retryEvery is how long a write on a full disk waits before it is tried again.
const retryEvery = 100 * time.Millisecond

// tellEvery is how many seconds lie between two lines of the log about it.
const tellEvery = 10

// patientFS makes writes wait while the disk is full. Pebble ends the process
// when it cannot write its log or its list of files, though room may come back;
// so it never hears of a full disk. New commits do not get there, because room
// refuses them before: what waits are commits that were on their way and the
// background's work.
type patientFS struct {
	vfs.FS
	dir  string
	log  *slog.Logger
	done chan struct{} // closed by giveUp
	once sync.Once
	told atomic.Int64 // when the log was last told, in seconds
}

func newPatientFS(fs vfs.FS, dir string, log *slog.Logger) *patientFS {
	return &patientFS{FS: fs, dir: dir, log: log, done: make(chan struct{})}
}

// giveUp ends all waiting: from then on a full disk is an error.
func (fs *patientFS) giveUp() { fs.once.Do(func() { close(fs.done) }) }

func (fs *patientFS) givenUp() bool {
	select {
	case <-fs.done:
		return true
	default:
		return false
	}
}

// wait sleeps after err said that the disk is full, and reports whether to try
// again.
func (fs *patientFS) wait(err error) bool {
	if !isNoSpace(err) {
		return false
	}
	if now, told := time.Now().Unix(), fs.told.Load(); now-told >= tellEvery && fs.told.CompareAndSwap(told, now) {
		fs.log.Error("disk is full; a write waits for room", "dir", fs.dir)
	}
	timer := time.NewTimer(retryEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-fs.done:
		return false
	}
}

// file runs open until the disk is not full.
func (fs *patientFS) file(open func() (vfs.File, error)) (vfs.File, error) {
	for {
		f, err := open()
		if err == nil {
			return &patientFile{File: f, fs: fs}, nil
		}
		if !fs.wait(err) {
			return nil, err
		}
	}
}

func (fs *patientFS) retry(do func() error) error {
	for {
		err := do()
		if err == nil || !fs.wait(err) {
			return err
		}
	}
}

func (fs *patientFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.file(func() (vfs.File, error) { return fs.FS.Create(name, category) })
}

func (fs *patientFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return fs.file(func() (vfs.File, error) { return fs.FS.OpenReadWrite(name, category, opts...) })
}

func (fs *patientFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.file(func() (vfs.File, error) { return fs.FS.ReuseForWrite(oldname, newname, category) })
}

func (fs *patientFS) Link(oldname, newname string) error {
	return fs.retry(func() error { return fs.FS.Link(oldname, newname) })
}

func (fs *patientFS) Rename(oldname, newname string) error {
	return fs.retry(func() error { return fs.FS.Rename(oldname, newname) })
}

// Unwrap implements vfs.FS.
func (fs *patientFS) Unwrap() vfs.FS { return fs.FS }

// patientFile is a file whose writes wait for room. Sync is passed on as it
// is: after a failed sync nobody knows what is on the disk, so that trying
// again would prove nothing.
type patientFile struct {
	vfs.File
	fs *patientFS
}

// Write implements io.Writer. What was written before the disk was full is not
// written again.
func (f *patientFile) Write(p []byte) (n int, err error) {
	for {
		m, err := f.File.Write(p[n:])
		n += m
		if err == nil || !f.fs.wait(err) {
			return n, err
		}
	}
}

// Preallocate implements vfs.File. It only helps, so a full disk is no error.
func (f *patientFile) Preallocate(offset, length int64) error {
	if err := f.File.Preallocate(offset, length); err != nil && !isNoSpace(err) {
		return err
	}
	return nil
}
