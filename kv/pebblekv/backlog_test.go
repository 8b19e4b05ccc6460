package pebblekv

import (
	"context"
	"errors"
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

// heldDisk keeps whoever writes a table or a file of values until it is freed, or
// fails it then.
type heldDisk struct {
	vfs.FS
	free chan struct{}
	fail atomic.Bool
}

func newHeldDisk(mem vfs.FS) *heldDisk {
	d := &heldDisk{free: make(chan struct{})}
	d.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind != errorfs.OpCreate || !isTable(op.Path) {
			return nil
		}
		<-d.free
		if d.fail.Load() {
			return syscall.EIO
		}
		return nil
	}))
	return d
}

func isTable(path string) bool {
	return len(path) > 4 && (path[len(path)-4:] == ".sst" || path[len(path)-5:] == ".blob")
}

// fillUp commits to a store that cannot write out, by some writers, until commits
// wait. The writers go on until ctx ends; end answers how they ended.
func fillUp(t *testing.T, ctx context.Context, s *Store, writers int) (acked []atomic.Uint64, end func() []error) {
	t.Helper()
	acked = make([]atomic.Uint64, writers)
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers { // all of them, before the first has filled it up
		if _, err := s.Commit(ctx, kv.Partition(w), 0, rowsOf(1), kv.Durable); err != nil {
			t.Fatal(err)
		}
		acked[w].Store(1)
	}
	for w := range writers {
		wg.Go(func() {
			for v := kv.Version(1); ; v++ {
				if _, errs[w] = s.Commit(ctx, kv.Partition(w), v, rowsOf(v+1), kv.Durability(w%2)); errs[w] != nil {
					return
				}
				acked[w].Store(uint64(v) + 1)
			}
		})
	}
	for start := time.Now(); s.backlog.full.Load() == nil; time.Sleep(time.Millisecond) {
		if time.Since(start) > soon {
			t.Fatal("commits do not wait")
		}
	}
	return acked, func() []error {
		mustEnd(t, "a commit", wg.Wait)
		return errs
	}
}

// TestBacklog sees commits wait when nothing can be written out, end when their
// context does, and go on afterwards.
func TestBacklog(t *testing.T) {
	disk := newHeldDisk(vfs.NewMem())
	s := open(t, Options{Dir: "store", FS: disk, MemTableBytes: 128 << 10})
	defer closeStore(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	acked, end := fillUp(t, ctx, s, 4)
	short, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	if _, err := s.Commit(short, 98, 0, rowsOf(1), kv.Durable); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a commit in the backlog: %v", err)
	}
	waiting := acked[0].Load()
	close(disk.free)
	for start := time.Now(); acked[0].Load() < waiting+50; time.Sleep(time.Millisecond) {
		if time.Since(start) > soon {
			t.Fatal("commits go on waiting")
		}
	}
	cancel()
	for w, err := range end() {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("writer %d ended with %v", w, err)
		}
		expectRows(t, s, kv.Partition(w), kv.Version(acked[w].Load()))
	}
}

// TestFailureInBacklog fails the disk while commits wait for it: all of them are
// told, and nothing that was acknowledged is lost.
func TestFailureInBacklog(t *testing.T) {
	mem := crashfs.New()
	disk := newHeldDisk(mem)
	s := open(t, Options{Dir: "store", FS: disk, MemTableBytes: 128 << 10})
	acked, end := fillUp(t, context.Background(), s, 4)
	disk.fail.Store(true)
	close(disk.free)
	for w, err := range end() {
		if !errors.Is(err, restante.ErrUnavailable) {
			t.Errorf("writer %d ended with %v", w, err)
		}
	}
	mustEnd(t, "Close", func() { s.Close() })
	after := open(t, Options{Dir: "store", FS: mem.CrashClone(vfs.CrashCloneCfg{})})
	defer closeStore(t, after)
	for w := range acked {
		if w%2 == int(kv.Durable) {
			expectRows(t, after, kv.Partition(w), kv.Version(acked[w].Load()))
		}
	}
}

// TestFullDiskInBacklog keeps what is to be written out waiting for room: commits are refused
// when too much does, not kept waiting with it, and taken again when there is room.
func TestFullDiskInBacklog(t *testing.T) {
	var full atomic.Bool
	full.Store(true)
	s := open(t, Options{Dir: "store", MemTableBytes: 128 << 10, FS: errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && isTable(op.Path) && full.Load() {
			return syscall.ENOSPC
		}
		return nil
	}))})
	defer closeStore(t, s)
	v := kv.Version(0)
	commit := func() (err error) {
		mustEnd(t, "a commit", func() { _, err = s.Commit(context.Background(), 1, v, rowsOf(v+1), kv.Durable) })
		if err == nil {
			v++
		}
		return err
	}
	for {
		if err := commit(); errors.Is(err, restante.ErrNoSpace) {
			break
		} else if err != nil || v > 10_000 {
			t.Fatalf("after %d commits: %v", v, err)
		}
	}
	full.Store(false)
	for start := time.Now(); commit() != nil; {
		if time.Since(start) > soon {
			t.Fatal("commits are refused though there is room")
		}
	}
	expectRows(t, s, 1, v)
}

// TestReserveForBacklog has the room that the backlog takes on the disk be kept free as well.
func TestReserveForBacklog(t *testing.T) {
	mem := vfs.NewMem()
	disk := newHeldDisk(mem)
	s := open(t, Options{Dir: "store", FS: disk, MemTableBytes: 128 << 10, Reserve: 1 << 20})
	defer closeStore(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, end := fillUp(t, ctx, s, 1)
	if owed := s.backlog.owed.Load(); owed < maxMemTables*128<<10 {
		t.Errorf("%d octets are owed", owed)
	}
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 5 << 18, TotalBytes: 1 << 30})
	time.Sleep(roomAge) // as old as a look may be
	if _, err := s.Commit(ctx, 97, 0, rowsOf(1), kv.Durable); !errors.Is(err, restante.ErrNoSpace) {
		t.Errorf("a commit for which there is room, but not for it and the backlog: %v", err)
	}
	cancel()
	close(disk.free)
	end()
	for start := time.Now(); s.backlog.owed.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > soon {
			t.Fatal("the backlog stays")
		}
	}
	if _, err := s.Commit(t.Context(), 97, 0, rowsOf(1), kv.Durable); err != nil {
		t.Errorf("a commit without a backlog: %v", err)
	}
}
