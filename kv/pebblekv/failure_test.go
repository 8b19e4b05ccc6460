package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/crashfs"
	"github.com/restante/restante/kv"
)

// soon is how long a test waits for what must not hang.
const soon = time.Minute

// brokenDisk makes the operations of some kinds on files whose path contains
// name fail, once broken is set.
type brokenDisk struct {
	vfs.FS
	broken atomic.Bool
}

func newBrokenDisk(mem vfs.FS, name string, kinds ...errorfs.OpKind) *brokenDisk {
	d := &brokenDisk{}
	d.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !d.broken.Load() || !strings.Contains(op.Path, name) {
			return nil
		}
		for _, k := range kinds {
			if op.Kind == k {
				return &os.PathError{Op: "write", Path: op.Path, Err: syscall.EIO}
			}
		}
		return nil
	}))
	return d
}

// ReuseForWrite makes a new file, because errorfs looks at no other.
func (d *brokenDisk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return d.Create(newname, category)
}

// TestFailingDisk breaks the disk under writers of both kinds. Each of them ends
// in an error, the program is told, nothing hangs, and what was acknowledged is
// there after the next start, after a power cut as well but for Relaxed commits.
func TestFailingDisk(t *testing.T) {
	for _, test := range []struct {
		what, name string
		kinds      []errorfs.OpKind
	}{
		{"log sync", ".log", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData}},
		{"log write", ".log", []errorfs.OpKind{errorfs.OpFileWrite}},
		{"log create", ".log", []errorfs.OpKind{errorfs.OpCreate, errorfs.OpReuseForWrite}},
		{"list write", "MANIFEST", []errorfs.OpKind{errorfs.OpFileWrite}},
		{"list sync", "MANIFEST", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData}},
		{"tables", ".sst", []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpCreate}},
		{"values", ".blob", []errorfs.OpKind{errorfs.OpFileWrite}},
		{"values sync", ".blob", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData}},
		{"directory", "store", []errorfs.OpKind{errorfs.OpFileSync}},
		{"everything", "", []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpCreate,
			errorfs.OpReuseForWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}},
	} {
		t.Run(test.what, func(t *testing.T) {
			mem := crashfs.New()
			disk := newBrokenDisk(mem, test.name, test.kinds...)
			told := make(chan error, 1)
			s := open(t, Options{Dir: "store", FS: disk, MemTableBytes: 128 << 10, Failed: func(err error) { told <- err }})
			const writers = 4
			var acked, durable [writers]atomic.Uint64
			var wg sync.WaitGroup
			started := make(chan struct{}, writers)
			for w := range writers {
				wg.Go(func() {
					for v := kv.Version(0); ; v++ {
						if v == 20 {
							started <- struct{}{}
						}
						d := kv.Durability((int(v) + w) % 2)
						_, err := s.Commit(context.Background(), kv.Partition(w), v, rowsOf(v+1), d)
						if err != nil {
							if !errors.Is(err, restante.ErrUnavailable) && !errors.Is(err, syscall.EIO) {
								t.Errorf("commit %d: %v", v+1, err)
							}
							return
						}
						acked[w].Store(uint64(v) + 1)
						if d == kv.Durable {
							durable[w].Store(uint64(v) + 1)
						}
					}
				})
			}
			for range writers {
				<-started
			}
			disk.broken.Store(true)
			if test.what == "everything" { // what is not written to the log may have ended all writers
				if _, err := s.Commit(context.Background(), 98, 0, rowsOf(1), kv.Durable); err == nil {
					t.Error("a commit to a broken disk")
				}
			}
			select {
			case <-told:
			case <-time.After(soon):
				t.Fatal("the program was not told")
			}
			mustEnd(t, "a commit", wg.Wait)
			disk.broken.Store(false) // too late: nobody knows what is on the disk
			if _, err := s.Commit(context.Background(), 99, 0, rowsOf(1), kv.Durable); !errors.Is(err, restante.ErrUnavailable) {
				t.Errorf("commit afterwards: %v", err)
			}
			mustEnd(t, "Close", func() { s.Close() })
			after := open(t, Options{Dir: "store", FS: mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 2))})})
			for w := range kv.Partition(writers) {
				expectRows(t, after, w, kv.Version(acked[w].Load()))
			}
			closeStore(t, after)
			after = open(t, Options{Dir: "store", FS: mem.CrashClone(vfs.CrashCloneCfg{})})
			for w := range kv.Partition(writers) {
				expectRows(t, after, w, kv.Version(durable[w].Load()))
			}
			closeStore(t, after)
		})
	}
}

// mustEnd fails the test if f hangs.
func mustEnd(t *testing.T, what string, f func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	select {
	case <-ended:
	case <-time.After(soon):
		t.Fatal(what + " hangs")
	}
}

// rowsOf makes version v of a partition.
func rowsOf(v kv.Version) *kv.Batch {
	var b kv.Batch
	b.Set([]byte("n"), fmt.Append(nil, v))
	b.Set(fmt.Append(nil, "v", v), noise(uint64(v), minSeparated+100))
	return &b
}

// expectRows checks that the partition is what rowsOf made of it, at version must
// or after.
func expectRows(t *testing.T, s *Store, p kv.Partition, must kv.Version) {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if snap.Version() < must {
		t.Errorf("partition %d is at %d, but %d was acknowledged", p, snap.Version(), must)
	}
	if n, err := snap.Get([]byte("n"), nil); err != nil || string(n) != fmt.Sprint(snap.Version()) {
		t.Errorf("partition %d at %d holds %s, %v", p, snap.Version(), n, err)
	}
	for v := kv.Version(1); v <= snap.Version(); v++ {
		if _, err := snap.Get(fmt.Append(nil, "v", v), nil); err != nil {
			t.Errorf("partition %d lacks what %d wrote: %v", p, v, err)
		}
	}
}

// TestDoubtIsUnseen fails the sync of a commit that Pebble has in memory then:
// nobody is shown it, because it may be gone after a power cut. Other partitions
// can be read.
func TestDoubtIsUnseen(t *testing.T) {
	disk := newBrokenDisk(vfs.NewMem(), ".log", errorfs.OpFileSync, errorfs.OpFileSyncData)
	s := open(t, Options{Dir: "store", FS: disk})
	defer s.Close()
	commit(t, s, 1, 0, "k", []byte("1"))
	commit(t, s, 2, 0, "k", []byte("1"))
	disk.broken.Store(true)
	ctx := context.Background()
	for range 2 {
		if _, err := s.Commit(ctx, 1, 1, rowsOf(2), kv.Durable); !errors.Is(err, restante.ErrUnavailable) {
			t.Fatalf("commit: %v", err)
		}
		snap, err := s.Snapshot(ctx, 1)
		switch {
		case err == nil && snap.Version() == 1: // Pebble does not have it in memory yet
			snap.Close()
		case !errors.Is(err, restante.ErrUnavailable):
			t.Errorf("shown: %v", err)
		}
	}
	snap, err := s.Snapshot(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if value, err := snap.Get([]byte("k"), nil); err != nil || string(value) != "1" {
		t.Errorf("%q, %v", value, err)
	}
}
