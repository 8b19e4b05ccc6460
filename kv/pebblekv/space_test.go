package pebblekv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/restante/restante/kv"
)

// fileBytes is the size of all files in dir but Pebble's log, whose files are
// kept for use again whatever the store holds.
func fileBytes(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".log" {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil {
			n += info.Size()
		}
	}
	return n
}

// TestSpace writes message bodies and deletes half of them, every second or
// the first half; then the files must shrink accordingly, by what the store does
// by itself. The environment may ask for more megabytes than the few of the
// ordinary test run.
func TestSpace(t *testing.T) {
	megabytes := 48
	if v := os.Getenv("RESTANTE_TEST_SPACE_MB"); v != "" {
		var err error
		if megabytes, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	const body = 21_000
	messages := megabytes << 20 / body
	for _, half := range []string{"second", "first"} {
		t.Run("every "+half, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir, MemTableBytes: 4 << 20, rewriteAge: time.Millisecond})
			defer closeStore(t, s)
			var v kv.Version
			for i := 0; i < messages; v++ {
				var b kv.Batch
				for range 20 {
					b.Set(fmt.Appendf(nil, "b%08d", i), noise(uint64(i), body))
					i++
				}
				if _, err := s.Commit(ctx, 1, v, &b, kv.Durable); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Compact(ctx); err != nil {
				t.Fatal(err)
			}
			before := fileBytes(t, dir)
			var b kv.Batch
			for i := range messages {
				if half == "second" && i%2 == 0 || half == "first" && i < messages/2 {
					b.Delete(fmt.Appendf(nil, "b%08d", i), body)
				}
			}
			s.reclaim.mu.Lock()
			s.reclaim.least = int64(megabytes) << 20 / 3
			s.reclaim.mu.Unlock()
			if _, err := s.Commit(ctx, 1, v, &b, kv.Durable); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			want := before * 62 / 100
			for fileBytes(t, dir) > want && time.Since(start) < 20*time.Second {
				// Files of values are rewritten one after the other in the
				// background; each end looks for the next.
				s.db.TestOnlyWaitForCleaning()
				runtime.Gosched()
			}
			after := fileBytes(t, dir)
			t.Logf("%d MB became %d MB in %v", before>>20, after>>20, time.Since(start).Round(time.Millisecond))
			if after > want {
				t.Errorf("after deleting half, %d bytes became %d", before, after)
			}
		})
	}
}
