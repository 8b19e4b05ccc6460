package pebblekv

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// commit makes one key's value.
func commit(t testing.TB, s *Store, p kv.Partition, base kv.Version, key string, value []byte) {
	t.Helper()
	var b kv.Batch
	b.Set([]byte(key), value)
	if _, err := s.Commit(context.Background(), p, base, &b, kv.Durable); err != nil {
		t.Fatal(err)
	}
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// refused opens the store, which must answer an error of that kind in one line
// that names the directory, and release what it holds.
func refused(t *testing.T, dir string, kind error) {
	t.Helper()
	for range 2 {
		s, err := Open(Options{Dir: dir})
		if err == nil {
			s.Close()
			t.Fatalf("opened, without %v", kind)
		}
		if !errors.Is(err, kind) {
			t.Errorf("error is %v, not %v", err, kind)
		}
		if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
			t.Errorf("error is not one line that names the directory: %q", err)
		}
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	refused(t, dir, kv.ErrLocked)
	closeStore(t, s)
	closeStore(t, open(t, Options{Dir: dir}))
}

// TestMarkerGone: a store whose copy has lost an empty file is refused, with all that it holds.
func TestMarkerGone(t *testing.T) {
	for _, written := range []int{10, 100 << 10} { // in the log alone, and in tables too
		dir := t.TempDir()
		s := open(t, Options{Dir: dir})
		value := bytes.Repeat([]byte("x"), written)
		commit(t, s, 1, 0, "a", value)
		if written > 10 {
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		closeStore(t, s)
		markers, err := filepath.Glob(filepath.Join(dir, "marker.manifest.*"))
		if err != nil || len(markers) != 1 {
			t.Fatal(markers, err)
		}
		if err := os.Remove(markers[0]); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, kv.ErrCorrupt)
		if err := os.WriteFile(markers[0], nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s = open(t, Options{Dir: dir})
		snap, err := s.Snapshot(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := snap.Get([]byte("a"), nil); !bytes.Equal(got, value) {
			t.Errorf("%d bytes are back, %v", len(got), err)
		}
		snap.Close()
		closeStore(t, s)
	}
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	if err := s.db.Set(schemaKey(), appendUint64(nil, schema+1), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	refused(t, dir, kv.ErrNewerSchema)
}

func TestNewerFormat(t *testing.T) {
	for _, version := range []string{"025", "900"} {
		dir := t.TempDir()
		closeStore(t, open(t, Options{Dir: dir}))
		markers, err := filepath.Glob(filepath.Join(dir, "marker.format-version.*"))
		if err != nil || len(markers) != 1 {
			t.Fatal(markers, err)
		}
		newer := filepath.Join(dir, "marker.format-version.999999."+version)
		if err := os.Rename(markers[0], newer); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, kv.ErrNewerSchema)
	}
}

// files are a store's files whose name ends so, not empty ones.
func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

// flip changes bytes in a file's middle.
func flip(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 3; i < len(data)/3+100; i++ {
		data[i] ^= 0x5a
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedAtOpen(t *testing.T) {
	for _, damage := range []string{"garbage in MANIFEST", "no MANIFEST", "no tables", "no markers"} {
		t.Run(damage, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			commit(t, s, 1, 0, "k", make([]byte, 100_000))
			if err := s.Compact(context.Background()); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			pattern := map[string]string{"no tables": "*.sst", "no markers": "marker.*"}[damage]
			for _, name := range files(t, dir, cmp.Or(pattern, "MANIFEST-*")) {
				if damage == "garbage in MANIFEST" {
					if err := os.WriteFile(name, []byte(strings.Repeat("garbage", 100)), 0o600); err != nil {
						t.Fatal(err)
					}
				} else if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			refused(t, dir, kv.ErrCorrupt)
		})
	}
}

// TestDamagedWhileRunning reads values whose files were damaged: the read
// answers an error of one line, and all else goes on. Little is read of what is
// damaged, because Pebble looks for a single flipped bit in each such block, which
// takes a tenth of a second and more.
func TestDamagedWhileRunning(t *testing.T) {
	for _, pattern := range []string{"*.sst", "*.blob"} {
		t.Run(pattern, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			size := map[string]int{"*.sst": 1500, "*.blob": 8000}[pattern]
			ctx := context.Background()
			var b kv.Batch
			for i := range 60 {
				b.Set([]byte(string(rune('0'+i))), noise(uint64(i), size))
			}
			if _, err := s.Commit(ctx, 1, 0, &b, kv.Durable); err != nil {
				t.Fatal(err)
			}
			if err := s.Compact(ctx); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			for _, name := range files(t, dir, pattern) {
				flip(t, name)
			}
			var log bytes.Buffer
			s = open(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			bad := 0
			snap, err := s.Snapshot(ctx, 1)
			if err == nil {
				for i := 0; i < 60 && bad == 0; i++ {
					if _, err := snap.Get([]byte(string(rune('0'+i))), nil); err != nil {
						bad++
						if !errors.Is(err, kv.ErrCorrupt) || !errors.Is(err, restante.ErrCorrupt) || strings.Contains(err.Error(), "\n") {
							t.Fatalf("Get: %q", err)
						}
					}
				}
				it := snap.Scan(nil, nil)
				for it.Next() {
					it.Value()
				}
				if err := it.Close(); !errors.Is(err, kv.ErrCorrupt) || strings.Contains(err.Error(), "\n") {
					t.Errorf("scan: %q", err)
				}
				if err := snap.Close(); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, kv.ErrCorrupt) {
				t.Fatalf("Snapshot: %v", err)
			} else {
				bad++
			}
			if bad == 0 {
				t.Error("damage was not noticed")
			}
			commit(t, s, 1<<40, 0, "other", []byte("fine"))
			closeStore(t, s)
			if lines := log.String(); strings.Contains(lines, `\n`) || pattern == "*.sst" && !strings.Contains(lines, "store is damaged") {
				t.Errorf("logged: %s", lines)
			}
		})
	}
}
