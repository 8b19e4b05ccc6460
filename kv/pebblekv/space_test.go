package pebblekv

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/restante/restante/kv"
)

// fileBytes is the size of all files in dir but Pebble's log and its spare file,
// which are kept for use again whatever the store holds.
func fileBytes(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".log" || e.Name() == "SPARE" {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil {
			n += info.Size()
		}
	}
	return n
}

// bodySize is the size of the bodies in the tests of space.
const bodySize = 21_000

// spaceTest is a store with message bodies in it.
type spaceTest struct {
	*Store
	t          *testing.T
	dir        string
	partitions int
	versions   []kv.Version
	removed    chan struct{} // receives when files were deleted
}

// withBodies makes a store with bodies spread over partitions in turn.
func withBodies(t *testing.T, partitions, bodies int) *spaceTest {
	s := &spaceTest{
		t: t, dir: t.TempDir(), partitions: partitions, versions: make([]kv.Version, partitions), removed: make(chan struct{}, 1),
	}
	s.Store = open(t, Options{
		Dir: s.dir, MemTableBytes: 4 << 20, rewriteAge: time.Millisecond, removed: func() { notify(s.removed) },
	})
	t.Cleanup(func() { closeStore(t, s.Store) })
	batches := make([]kv.Batch, partitions)
	for i := range bodies {
		p := i % partitions
		batches[p].Set(fmt.Appendf(nil, "b%08d", i), noise(uint64(i), bodySize))
		if len(batches[p].Ops()) == 20 {
			s.commit(p, &batches[p])
			batches[p].Reset()
		}
	}
	for p := range batches {
		s.commit(p, &batches[p])
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *spaceTest) commit(p int, b *kv.Batch) {
	s.t.Helper()
	v, err := s.Commit(s.t.Context(), kv.Partition(p), s.versions[p], b, kv.Durable)
	if err != nil {
		s.t.Fatal(err)
	}
	s.versions[p] = v
}

// TestSpace writes message bodies and deletes half of them; then the files must
// shrink accordingly, by what the store does by itself. RESTANTE_LONG asks for a
// gigabyte instead of the few megabytes of the ordinary test run.
func TestSpace(t *testing.T) {
	megabytes := 24
	if os.Getenv("RESTANTE_LONG") != "" {
		megabytes = 1024
	}
	bodies := megabytes << 20 / bodySize
	deleteIf := func(doomed func(i int) bool) func(*spaceTest) {
		return func(s *spaceTest) {
			batches := make([]kv.Batch, s.partitions)
			for i := range bodies {
				if doomed(i) {
					batches[i%s.partitions].Delete(fmt.Appendf(nil, "b%08d", i), bodySize)
				}
			}
			for p := range batches {
				s.commit(p, &batches[p])
			}
		}
	}
	for _, test := range []struct {
		name       string
		partitions int
		remove     func(*spaceTest)
	}{
		{"every second", 1, deleteIf(func(i int) bool { return i%2 == 0 })},
		{"first half", 1, deleteIf(func(i int) bool { return i < bodies/2 })},
		{"little in each of many partitions", 40, deleteIf(func(i int) bool { return i/40%2 == 0 })},
		{"range", 1, func(s *spaceTest) {
			var b kv.Batch
			b.DeleteRange(nil, fmt.Appendf(nil, "b%08d", bodies/2))
			b.WillFree(int64(bodies/2) * bodySize)
			s.commit(0, &b)
		}},
		{"one of two partitions", 2, func(s *spaceTest) {
			var b kv.Batch
			b.DeleteRange(nil, nil)
			b.WillFree(int64(bodies/2) * bodySize)
			s.commit(1, &b)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := withBodies(t, test.partitions, bodies)
			before := fileBytes(t, s.dir)
			s.reclaim.mu.Lock()
			s.reclaim.least = int64(megabytes) << 20 / 16
			s.reclaim.mu.enough = s.reclaim.least
			s.reclaim.mu.Unlock()
			start := time.Now()
			test.remove(s)
			want := before * 68 / 100 // an eighth may wait for more
			timeout := time.After(5 * time.Minute)
			for fileBytes(t, s.dir) > want {
				// Files of values are rewritten one after the other in the background.
				select {
				case <-s.removed:
				case <-timeout:
					t.Fatalf("after deleting half, %d bytes became %d", before, fileBytes(t, s.dir))
				}
			}
			t.Logf("%d MB became %d MB in %v", before>>20, fileBytes(t, s.dir)>>20, time.Since(start).Round(time.Millisecond))
		})
	}
}
