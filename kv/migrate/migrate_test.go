package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/crashfs"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/kv/pgkv"
)

// engine opens a store that is empty at first, and the same again when it was closed.
type engine func(testing.TB) kv.Importer

func memory(testing.TB) engine {
	b := memkv.NewBacking()
	return func(testing.TB) kv.Importer { return b.Open() }
}

func pebble(testing.TB) engine {
	fs := vfs.NewMem()
	return func(t testing.TB) kv.Importer {
		s, err := pebblekv.Open(pebblekv.Options{Dir: "store", FS: fs, MemTableBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func postgresql(server *pgtest.Server) func(t testing.TB) engine {
	return func(t testing.TB) engine {
		url := server.Database(t)
		return func(t testing.TB) kv.Importer {
			s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 8})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
}

// fill commits to partitions of a store by chance: some large, some with one row,
// some with none.
func fill(t testing.TB, s kv.Store, rng *rand.Rand) {
	t.Helper()
	ctx := t.Context()
	for p := range kv.Partition(30) {
		if p > 25 {
			p = p<<50 | 1
		}
		snap, err := s.Snapshot(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		at := snap.Version()
		snap.Close()
		for range 1 + rng.IntN(5) {
			b := new(kv.Batch)
			for range rng.IntN(60) {
				key := fmt.Appendf(nil, "%03d", rng.IntN(300))
				switch rng.IntN(5) {
				case 0:
					b.Delete(key, 1)
				case 1:
					b.DeleteRange(key, fmt.Appendf(nil, "%s5", key))
				default:
					size := rng.IntN(300)
					if rng.IntN(400) == 0 {
						size = 1<<20 + rng.IntN(1<<20)
					}
					b.Set(key, bytes.Repeat([]byte{byte(rng.Uint32())}, size))
				}
			}
			if at, err = s.Commit(ctx, p, at, b, kv.Durability(rng.IntN(2))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// content is all that a store holds.
func content(t testing.TB, s kv.Store) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := s.Partitions(t.Context(), func(p kv.Partition, v kv.Version) error {
		all[fmt.Sprint(p)] = fmt.Sprint(v)
		snap, err := s.Snapshot(t.Context(), p)
		if err != nil {
			return err
		}
		defer snap.Close()
		it := snap.Scan(nil, nil)
		for it.Next() {
			all[fmt.Sprintf("%d/%s", p, it.Key())] = string(it.Value())
		}
		return it.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func expectEqual(t testing.TB, source, target kv.Store) {
	t.Helper()
	want, got := content(t, source), content(t, target)
	for k, v := range want {
		if w, ok := got[k]; !ok || v != w {
			t.Errorf("%s: %d bytes, want %d", k, len(w), len(v))
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s is too much", k)
		}
	}
}

func run(t testing.TB, source kv.Store, target kv.Importer) (Result, error) {
	t.Helper()
	return New(Options{Source: source, Target: target, From: "here", Workers: 4, batch: 10 << 10}).Run(t.Context())
}

func TestBetweenMemories(t *testing.T)    { testBetween(t, memory, memory) }
func TestFromPebbleToMemory(t *testing.T) { testBetween(t, pebble, memory) }
func TestFromMemoryToPebble(t *testing.T) { testBetween(t, memory, pebble) }
func TestBetweenPebbles(t *testing.T)     { testBetween(t, pebble, pebble) }
func TestFromAndToPostgreSQL(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	t.Run("from Pebble", func(t *testing.T) { testBetween(t, pebble, postgresql(server)) })
	t.Run("to Pebble", func(t *testing.T) { testBetween(t, postgresql(server), pebble) })
	t.Run("to another", func(t *testing.T) { testBetween(t, postgresql(server), postgresql(server)) })
}

// testBetween copies between two engines, stopped again and again, with a source that
// changes between the runs, and back.
func testBetween(t *testing.T, from, to func(testing.TB) engine) {
	rng := rand.New(rand.NewPCG(7, uint64(len(t.Name()))))
	openSource, openTarget := from(t), to(t)
	source, target := openSource(t), openTarget(t)
	fill(t, source, rng)
	stopped := 0
	for {
		limited := &limitedTarget{Importer: target, left: 4 + rng.IntN(14)}
		_, err := run(t, source, limited)
		if err == nil {
			break
		}
		if stopped > 0 && errors.Is(err, kv.ErrConflict) {
			continue // with what the copy had sent that was stopped: nobody takes back a commit
		}
		if !errors.Is(err, errStopped) {
			t.Fatal(err)
		}
		stopped++
		if err := Unfinished(t.Context(), target); err == nil {
			break // it was the end whose outcome was not known
		} else if !errors.Is(err, ErrUnfinished) {
			t.Fatalf("a copy that was stopped: %v", err)
		}
		if err := errors.Join(target.Close(), source.Close()); err != nil {
			t.Fatal(err)
		}
		source, target = openSource(t), openTarget(t)
		if stopped%4 == 0 && stopped < 10 {
			fill(t, source, rng)
		}
	}
	if stopped < 3 {
		t.Errorf("the copy was stopped %d times only", stopped)
	}
	expectEqual(t, source, target)
	if err := Unfinished(t.Context(), target); err != nil {
		t.Error(err)
	}
	// The target is a store now, and no migration touches it.
	if _, err := run(t, source, target); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("second migration: %v", err)
	}
	fill(t, target, rng)
	back := from(t)(t)
	r, err := run(t, target, back)
	if err != nil || r.Mended != 0 || r.Copied != r.Partitions || r.Rows == 0 || r.Bytes == 0 {
		t.Errorf("back: %+v, %v", r, err)
	}
	expectEqual(t, target, back)
	if err := errors.Join(target.Close(), source.Close(), back.Close()); err != nil {
		t.Error(err)
	}
}

var errStopped = errors.New("stopped")

// limitedTarget takes some imports and no more; of the last one the outcome is
// not known.
type limitedTarget struct {
	kv.Importer
	mu   sync.Mutex
	left int
}

func (l *limitedTarget) Import(ctx context.Context, p kv.Partition, base, version kv.Version, b *kv.Batch) error {
	l.mu.Lock()
	l.left--
	left := l.left
	l.mu.Unlock()
	if left < 0 {
		return errStopped
	}
	err := l.Importer.Import(ctx, p, base, version, b)
	if left == 0 {
		return errors.Join(err, errStopped)
	}
	return err
}

// TestPowerCuts copies into a store from which power cuts take what is not synced.
func TestPowerCuts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	source := memkv.New()
	fill(t, source, rng)
	fs := crashfs.New()
	for whole, cut := false, 1; !whole; cut++ {
		if cut > 100 {
			t.Fatal("never comes to an end")
		}
		target, err := pebblekv.Open(pebblekv.Options{Dir: "store", FS: fs, MemTableBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = run(t, source, &limitedTarget{Importer: target, left: 10 + rng.IntN(30)}); err != nil && !errors.Is(err, errStopped) {
			t.Fatal(err)
		}
		fs = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		// What stopped may be the end, whose outcome is not known.
		if whole = Unfinished(t.Context(), target) == nil; whole {
			expectEqual(t, source, target)
		}
		if err := target.Close(); err != nil {
			t.Fatal(err)
		}
	}
	target, err := pebblekv.Open(pebblekv.Options{Dir: "store", FS: fs, MemTableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	expectEqual(t, source, target)
}

func TestRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	source, target := memkv.New(), memkv.New()
	fill(t, source, rng)
	if _, err := run(t, source, &limitedTarget{Importer: target, left: 5}); !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	other := Options{Source: source, Target: target, From: "elsewhere"}
	if _, err := New(other).Run(t.Context()); !errors.Is(err, ErrOtherSource) {
		t.Errorf("another source: %v", err)
	}
	if _, err := run(t, target, memkv.New()); !errors.Is(err, ErrUnfinished) {
		t.Errorf("an unfinished copy as the source: %v", err)
	}
	used := memkv.New()
	fill(t, used, rng)
	before := content(t, used)
	if _, err := run(t, source, used); !errors.Is(err, ErrNotEmpty) || !maps.Equal(before, content(t, used)) {
		t.Errorf("a store as the target: %v", err)
	}
	refused := errors.New("refused")
	o := Options{Source: source, Target: target, From: "here", Accept: func(context.Context, kv.Store) error { return refused }}
	if _, err := New(o).Run(t.Context()); !errors.Is(err, refused) {
		t.Errorf("refused: %v", err)
	}
	if err := Unfinished(t.Context(), target); !errors.Is(err, ErrUnfinished) {
		t.Errorf("a copy that was refused: %v", err)
	}
	r, err := run(t, source, target)
	if err != nil || r.Copied != 0 || r.Partitions != 30 {
		t.Errorf("%+v, %v", r, err)
	}
	expectEqual(t, source, target)
}

// TestEmpty copies a store that has nothing.
func TestEmpty(t *testing.T) {
	source, target := memkv.New(), memkv.New()
	if r, err := run(t, source, target); err != nil || r != (Result{}) {
		t.Errorf("%+v, %v", r, err)
	}
	expectEqual(t, source, target)
}

// TestLiveSource copies a source that is written to: for a while, and all the time.
func TestLiveSource(t *testing.T) {
	for _, commits := range []int64{5, 1 << 40} {
		rng := rand.New(rand.NewPCG(5, 5))
		source, target := memkv.New(), memkv.New()
		fill(t, source, rng)
		var writes, at atomic.Int64
		at.Store(int64(version(t, source, 3)))
		// Each time that the copy begins to read another partition, one is committed to.
		source.Inject(memkv.Faults{Read: func(_ kv.Partition, key []byte) error {
			if key != nil || writes.Add(1) > commits {
				return nil
			}
			b := new(kv.Batch)
			b.Set(fmt.Append(nil, writes.Load()), nil)
			_, err := source.Backing().Open().Commit(t.Context(), 3, kv.Version(at.Add(1)-1), b, kv.Durable)
			if errors.Is(err, kv.ErrConflict) { // several at once
				at.Add(-1)
				err = nil
			}
			return err
		}})
		_, err := New(Options{Source: source, Target: target, From: "here", Workers: 1}).Run(t.Context())
		source.Inject(memkv.Faults{})
		if commits > 5 {
			if !errors.Is(err, ErrChanging) {
				t.Errorf("%v", err)
			}
			if _, err = run(t, source, target); err != nil { // now that it is left alone
				t.Error(err)
			}
		} else if err != nil {
			t.Error(err)
		}
		expectEqual(t, source, target)
	}
}

func version(t testing.TB, s kv.Store, p kv.Partition) kv.Version {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	return snap.Version()
}

// TestDamagedSource: what can be read is copied, and the copy is not taken for
// whole.
func TestDamagedSource(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	source, target := memkv.New(), memkv.New()
	fill(t, source, rng)
	var reads atomic.Int64
	source.Inject(memkv.Faults{Read: func(p kv.Partition, key []byte) error {
		if p == 4 && len(key) > 0 && reads.Add(1) > 3 {
			return fmt.Errorf("a block of 4: %w", kv.ErrCorrupt)
		}
		return nil
	}})
	var log bytes.Buffer
	o := Options{Source: source, Target: target, From: "here", Logger: slog.New(slog.NewTextHandler(&log, nil))}
	r, err := New(o).Run(t.Context())
	if !errors.Is(err, ErrDamaged) || r.Unreadable != 1 || r.Copied != 29 || !strings.Contains(log.String(), "partition=4") {
		t.Errorf("%+v, %v\n%s", r, err, &log)
	}
	if err := Unfinished(t.Context(), target); !errors.Is(err, ErrUnfinished) {
		t.Errorf("a copy of a damaged store: %v", err)
	}
	source.Inject(memkv.Faults{}) // repaired
	if r, err = run(t, source, target); err != nil || r.Copied != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	expectEqual(t, source, target)
}

// TestDamagedTarget: rows that are not what was written are found, and mended.
func TestDamagedTarget(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	source, target := memkv.New(), memkv.New()
	fill(t, source, rng)
	o := Options{Source: source, Target: target, From: "here", Accept: func(context.Context, kv.Store) error { return errStopped }}
	if _, err := New(o).Run(t.Context()); !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	at := version(t, target, 7)
	b := new(kv.Batch)
	b.DeleteRange([]byte("1"), []byte("2"))
	b.Set([]byte("new"), []byte("row"))
	if err := target.Import(t.Context(), 7, at, at, b); err != nil {
		t.Fatal(err)
	}
	r, err := run(t, source, target)
	if err != nil || r.Mended != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	expectEqual(t, source, target)

	// One that keeps nothing right is not accepted.
	r, err = run(t, source, &forgetful{Importer: memkv.New()})
	if !errors.Is(err, restante.ErrCorrupt) {
		t.Errorf("a target that forgets: %+v, %v", r, err)
	}
}

// forgetful loses rows.
type forgetful struct{ kv.Importer }

func (f *forgetful) Import(ctx context.Context, p kv.Partition, base, version kv.Version, b *kv.Batch) error {
	if p != marker {
		b = nil
	}
	return f.Importer.Import(ctx, p, base, version, b)
}

// TestUnavailable: an engine that cannot be reached for a moment ends nothing.
func TestUnavailable(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	source, target := memkv.New(), memkv.New()
	fill(t, source, rng)
	target.Inject(memkv.Faults{AfterCommit: memkv.OnCommit(20, restante.ErrUnavailable)})
	if _, err := run(t, source, target); err != nil {
		t.Error(err)
	}
	expectEqual(t, source, target)
}

// TestImpossible: a partition of an impossible version or the marker's
// number is not passed over in silence.
func TestImpossible(t *testing.T) {
	source := memkv.New()
	if err := source.Import(t.Context(), 5, 0, tooHigh, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, source, memkv.New()); !errors.Is(err, restante.ErrCorrupt) {
		t.Errorf("version too high: %v", err)
	}
	source = memkv.New()
	// What nodes say of themselves stays behind.
	if err := source.Import(t.Context(), passing, 0, 3, nil); err != nil {
		t.Fatal(err)
	}
	target := memkv.New()
	if _, err := run(t, source, target); err != nil || len(content(t, target)) > 0 {
		t.Errorf("%v, %q", err, content(t, target))
	}
	if err := source.Import(t.Context(), marker, 0, 3, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, source, memkv.New()); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("an account of the marker's number: %v", err)
	}
}

func TestProgress(t *testing.T) {
	source, target := memkv.New(), memkv.New()
	fill(t, source, rand.New(rand.NewPCG(15, 15)))
	var at Progress
	var m *Migration
	m = New(Options{Source: source, Target: target, From: "here", Accept: func(_ context.Context, target kv.Store) error {
		expectEqual(t, source, target)
		if m.Progress().Phase != Checking {
			t.Errorf("%+v", m.Progress())
		}
		return nil
	}})
	target.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error {
		if p := m.Progress(); p.Phase == Copying && p.Partitions == 29 {
			at = p
		}
		return nil
	}})
	m.options.Workers = 1
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at.Total != 30 || at.Rows == 0 || at.Bytes == 0 || at.Phase.String() != "copying" {
		t.Errorf("%+v", at)
	}
}
