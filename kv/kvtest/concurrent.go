package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/kv"
)

func testSnapshotIsolation(t *testing.T, b Backing) {
	s := store(t, b)
	commit(t, s, 1, 0, batch(func(b *kv.Batch) {
		b.Set([]byte("a"), []byte("1"))
		b.Set([]byte("b"), random(10_000))
	}), kv.Durable)
	old := snapshot(t, s, 1)
	open := old.Scan(nil, nil)
	defer open.Close()
	if !open.Next() {
		t.Fatal("no first key")
	}
	commit(t, s, 1, 1, batch(func(b *kv.Batch) {
		b.Set([]byte("a"), []byte("2"))
		b.Delete([]byte("b"), 10_000)
		b.Set([]byte("c"), []byte("3"))
	}), kv.Relaxed)
	commit(t, s, 1, 2, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), kv.Durable)
	expectIn(t, old, 1, row{"a", "1"}, row{"b", string(random(10_000))})
	if string(open.Value()) != "1" || !open.Next() || string(open.Key()) != "b" || open.Next() {
		t.Error("an open iterator sees later commits")
	}
	expect(t, s, 1, 3)
}

func testIterators(t *testing.T, b Backing) {
	s := store(t, b)
	commit(t, s, 1, 0, batch(func(b *kv.Batch) {
		for i := range 9 {
			b.Set(fmt.Append(nil, i), fmt.Append(nil, i))
		}
	}), kv.Durable)
	snap := snapshot(t, s, 1)
	one, two := snap.Scan(nil, nil), snap.Scan([]byte("4"), []byte("6"))
	for range 2 {
		one.Next()
		two.Next()
	}
	if string(one.Key()) != "1" || string(two.Value()) != "5" {
		t.Errorf("iterators are on %q and %q", one.Key(), two.Key())
	}
	if value, err := snap.Get([]byte("8"), nil); err != nil || string(value) != "8" {
		t.Errorf("Get between: %q, %v", value, err)
	}
	if err := two.Close(); err != nil {
		t.Error(err)
	}
	if two.Next() || !errors.Is(two.Err(), kv.ErrClosed) {
		t.Errorf("a closed iterator moves: %v", two.Err())
	}
	// Closing the snapshot closes what is left.
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	if one.Next() || !errors.Is(one.Err(), kv.ErrClosed) {
		t.Errorf("an iterator outlives its snapshot: %v", one.Err())
	}
	if _, err := snap.Get([]byte("8"), nil); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("Get of a closed snapshot: %v", err)
	}
	if it := snap.Scan(nil, nil); it.Next() || !errors.Is(it.Close(), kv.ErrClosed) {
		t.Error("Scan of a closed snapshot")
	}
}

// testRace has many writers at one partition: each version has one winner.
func testRace(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	const writers, each = 8, 20
	var wg sync.WaitGroup
	var conflicts atomic.Int64
	for w := range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				snap, err := s.Snapshot(ctx, 1)
				if err != nil {
					t.Error(err)
					return
				}
				var n uint64
				if value, err := snap.Get([]byte("n"), nil); err == nil {
					n = binary.BigEndian.Uint64(value)
				}
				base := snap.Version()
				snap.Close()
				if n != uint64(base) {
					t.Errorf("version %d holds %d", base, n)
				}
				changed := batch(func(b *kv.Batch) {
					b.Set([]byte("n"), binary.BigEndian.AppendUint64(nil, n+1))
					b.Set(fmt.Appendf(nil, "w%d-%d", w, done), nil)
				})
				switch _, err := s.Commit(ctx, 1, base, changed, kv.Durability(done%2)); {
				case err == nil:
					done++
				case errors.Is(err, kv.ErrConflict):
					conflicts.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	snap := snapshot(t, s, 1)
	if got := rows(t, snap, []byte("w"), nil); snap.Version() != writers*each || len(got) != writers*each {
		t.Errorf("%d commits made version %d and %d rows", writers*each, snap.Version(), len(got))
	}
	t.Logf("%d conflicts", conflicts.Load())
}

// testParallel commits to many partitions at once.
func testParallel(t *testing.T, b Backing) {
	s := store(t, b)
	var wg sync.WaitGroup
	const partitions, commits = 64, 20
	for p := range kv.Partition(partitions) {
		wg.Go(func() {
			for v := range kv.Version(commits) {
				changed := batch(func(b *kv.Batch) {
					b.Set(fmt.Appendf(nil, "%02d", v), fmt.Append(nil, p))
				})
				if got, err := s.Commit(context.Background(), p, v, changed, kv.Durability(v%2)); err != nil || got != v+1 {
					t.Errorf("commit %d to %d: %d, %v", v, p, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	for p := range kv.Partition(partitions) {
		var want []row
		for v := range commits {
			want = append(want, row{fmt.Sprintf("%02d", v), fmt.Sprint(p)})
		}
		expect(t, s, p, commits, want...)
	}
}

// testReadersAndWriters reads while batches are committed: each snapshot sees
// all of a batch or nothing, with its version.
func testReadersAndWriters(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			var last kv.Version
			for {
				select {
				case <-done:
					return
				default:
				}
				snap, err := s.Snapshot(ctx, 5)
				if err != nil {
					t.Error(err)
					return
				}
				if snap.Version() < last {
					t.Errorf("version %d after %d", snap.Version(), last)
				}
				last = snap.Version()
				want := fmt.Sprint(last)
				for _, r := range rows(t, snap, nil, nil) {
					if r.value != want {
						t.Errorf("version %s has %v", want, r)
					}
				}
				snap.Close()
			}
		})
	}
	for v := range kv.Version(150) {
		changed := new(kv.Batch)
		changed.DeleteRange(nil, nil)
		for i := range 10 {
			changed.Set(fmt.Append(nil, (int(v)+i)%13), fmt.Append(nil, v+1))
		}
		commit(t, s, 5, v, changed, kv.Durability(v%2))
	}
	close(done)
	wg.Wait()
}
