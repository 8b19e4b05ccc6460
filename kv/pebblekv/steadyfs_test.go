package pebblekv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// TestReserve has the file system tell how much is free.
func TestReserve(t *testing.T) {
	ctx := context.Background()
	fs := vfs.NewMem()
	s := open(t, Options{Dir: "store", FS: fs, Reserve: 1 << 20})
	defer closeStore(t, s)
	free := func(n uint64) { fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: n, TotalBytes: 1 << 30}) }
	set, remove := new(kv.Batch), new(kv.Batch)
	set.Set([]byte("k"), make([]byte, 1000))
	remove.Delete([]byte("k"), 1000)
	at := kv.Version(0)
	for _, step := range []struct {
		free        uint64
		set, remove bool
	}{
		{2 << 20, true, true},
		{1<<20 + 500, false, true},
		{600 << 10, false, true},
		{500 << 10, false, false},
		{0, false, false},
		{600 << 10, false, true},
		{2 << 20, true, true},
	} {
		free(step.free)
		s.room.mu.Lock()
		s.room.mu.free = 0 // have it look again
		s.room.mu.Unlock()
		for _, c := range []struct {
			name  string
			batch *kv.Batch
			taken bool
		}{{"write", set, step.set}, {"deletion", remove, step.remove}} {
			_, err := s.Commit(ctx, 1, at, c.batch, kv.Durable)
			if err == nil {
				at++
			}
			if c.taken != (err == nil) || err != nil && !errors.Is(err, restante.ErrNoSpace) {
				t.Errorf("%s with %d bytes free: %v", c.name, step.free, err)
			}
		}
	}
}

// TestDiskFullUnseen fills the disk without notice, so that Pebble's own writes
// meet it: of its log, its tables and its list of files. They wait, and nothing
// is lost.
func TestDiskFullUnseen(t *testing.T) {
	mem := crashfs.New()
	var full atomic.Bool
	var refusedWrites atomic.Int64
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !full.Load() || op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		switch op.Kind {
		case errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpLink:
			refusedWrites.Add(1)
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	}))
	s := open(t, Options{Dir: "store", FS: fs, MemTableBytes: 256 << 10})
	const writers, each = 4, 150
	var wg sync.WaitGroup
	var refusedCommits atomic.Int64
	for w := range writers {
		wg.Go(func() {
			for v := kv.Version(0); v < each; {
				var b kv.Batch
				b.Set(fmt.Appendf(nil, "%04d", v), make([]byte, 4000))
				fill := false
				switch _, err := s.Commit(context.Background(), kv.Partition(w), v, &b, kv.Durability(v%2)); {
				case err == nil:
					v++
					fill = w == 0 && v%30 == 15
				case errors.Is(err, kv.ErrNoSpace):
					refusedCommits.Add(1)
					runtime.Gosched()
				default:
					t.Errorf("commit %d: %v", v, err)
					return
				}
				if fill {
					// Full until several writes have met it.
					met := refusedWrites.Load()
					full.Store(true)
					go func() {
						for full.Load() && refusedWrites.Load() < met+3 {
							runtime.Gosched()
						}
						full.Store(false)
					}()
				}
			}
		})
	}
	wg.Wait()
	full.Store(false)
	t.Logf("%d writes and %d commits met a full disk", refusedWrites.Load(), refusedCommits.Load())
	closeStore(t, s)
	s = open(t, Options{Dir: "store", FS: mem})
	defer closeStore(t, s)
	for w := range kv.Partition(writers) {
		snap, err := s.Snapshot(context.Background(), w)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		it := snap.Scan(nil, nil)
		for it.Next() {
			n++
		}
		if err := it.Close(); err != nil || n != each || snap.Version() != each {
			t.Errorf("partition %d: %d rows at version %d, %v", w, n, snap.Version(), err)
		}
		snap.Close()
	}
}

// noise answers n bytes that do not compress.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	b := make([]byte, n)
	rng := rand.NewChaCha8(key)
	rng.Read(b)
	return b
}

// TestSmallDisk fills a real file system to the end, then makes room.
func TestSmallDisk(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux to mount a small file system")
	}
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system: %v: %s", err, out)
	}
	defer func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	}()
	ctx := context.Background()
	dir := filepath.Join(disk, "store")
	s := open(t, Options{Dir: dir, MemTableBytes: 2 << 20, Reserve: 8 << 20, rewriteAge: 1})
	fill := func(v kv.Version) kv.Version {
		for ; ; v++ {
			var b kv.Batch
			b.Set(fmt.Appendf(nil, "%06d", v), noise(uint64(v), 30_000))
			if _, err := s.Commit(ctx, 1, v, &b, kv.Durable); errors.Is(err, kv.ErrNoSpace) {
				return v
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	v := fill(0)
	if v < 100 {
		t.Fatalf("full after %d commits", v)
	}
	t.Logf("full after %d commits", v)
	closeStore(t, s)
	removed := make(chan struct{}, 1)
	s = open(t, Options{Dir: dir, MemTableBytes: 2 << 20, Reserve: 8 << 20, rewriteAge: 1, removed: func() { notify(removed) }})
	snap, err := s.Snapshot(ctx, 1)
	if err != nil || snap.Version() != v {
		t.Fatalf("version %d, not %d: %v", snap.Version(), v, err)
	}
	for i := range v {
		if _, err := snap.Get(fmt.Appendf(nil, "%06d", i), nil); err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
	}
	snap.Close()
	// Somebody else takes the rest: even then reading goes on, and commits
	// are answered.
	ballast := filepath.Join(disk, "ballast")
	if err := exec.Command("dd", "if=/dev/zero", "of="+ballast, "bs=64k").Run(); err == nil {
		t.Fatal("the disk has no end")
	}
	var b kv.Batch
	b.Delete([]byte("000000"), 30_000)
	if _, err := s.Commit(ctx, 1, v, &b, kv.Durable); !errors.Is(err, kv.ErrNoSpace) {
		t.Errorf("deletion with nothing free: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	// Deletions are taken, and make room.
	b.Reset()
	b.DeleteRange(nil, fmt.Appendf(nil, "%06d", v-10))
	if _, err := s.Commit(ctx, 1, v, &b, kv.Durable); err != nil {
		t.Fatalf("deletion: %v", err)
	}
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	late := time.After(soon)
	more := fill(v + 1)
	for more-v < 100 { // files are deleted in the background
		select {
		case <-removed:
			more = fill(more)
		case <-late:
			t.Fatalf("room for %d commits after deleting", more-v)
		}
	}
	t.Logf("then %d more", more-v)
	closeStore(t, s)
}
