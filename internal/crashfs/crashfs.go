// Package crashfs is a file system in memory for tests of power cuts.
package crashfs

import (
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS is Pebble's crashable MemFS that can be cloned while its files are used again, linked
// or locked: MemFS takes a lock twice for that, to read, and a CrashClone that comes between
// waits for the first while the second waits for it. Releases of Pebble that have
// cockroachdb/pebble#5993 need none of it.
type FS struct {
	*vfs.MemFS
	mu sync.Mutex
}

var _ vfs.FS = (*FS)(nil)

// New answers an empty file system.
func New() *FS { return &FS{MemFS: vfs.NewCrashableMem()} }

// ReuseForWrite implements vfs.FS.
func (fs *FS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.MemFS.ReuseForWrite(oldname, newname, category)
}

// Link implements vfs.FS.
func (fs *FS) Link(oldname, newname string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.MemFS.Link(oldname, newname)
}

// Lock implements vfs.FS.
func (fs *FS) Lock(name string) (io.Closer, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.MemFS.Lock(name)
}

// CrashClone answers the file system as a power cut now would leave it: see MemFS.
func (fs *FS) CrashClone(cfg vfs.CrashCloneCfg) *FS {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return &FS{MemFS: fs.MemFS.CrashClone(cfg)}
}
