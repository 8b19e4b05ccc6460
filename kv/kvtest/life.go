package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/restante/restante/kv"
)

func testPartitions(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	list := func() (got []string) {
		err := s.Partitions(ctx, func(p kv.Partition, v kv.Version) error {
			got = append(got, fmt.Sprintf("%d@%d", p, v))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return got
	}
	if got := list(); got != nil {
		t.Errorf("a new store has partitions %v", got)
	}
	for _, p := range []kv.Partition{1 << 62, 0, 255, 256, kv.MaxPartition, 7} {
		commit(t, s, p, 0, set("k", "v"), kv.Durable)
	}
	commit(t, s, 7, 1, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), kv.Relaxed)
	snapshot(t, s, 9) // reading makes no partition
	want := fmt.Sprintf("[0@1 7@2 255@1 256@1 %d@1 %d@1]", 1<<62, kv.MaxPartition)
	if got := fmt.Sprint(list()); got != want {
		t.Errorf("partitions are %v, not %v", got, want)
	}
	stop := errors.New("stop")
	n := 0
	err := s.Partitions(ctx, func(kv.Partition, kv.Version) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 2 {
		t.Errorf("after its error f was called on, %d times: %v", n, err)
	}
}

func testReopen(t *testing.T, b Backing) {
	s := store(t, b)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	commit(t, s, 1, 1, set("b", "2"), kv.Relaxed)
	commit(t, s, 2, 0, set("c", "3"), kv.Relaxed)
	if err := s.Flush(context.Background()); err != nil {
		t.Error(err)
	}
	commit(t, s, 2, 1, set("d", "4"), kv.Relaxed)
	for range 3 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = store(t, b)
		expect(t, s, 1, 2, row{"a", "1"}, row{"b", "2"})
		expect(t, s, 2, 2, row{"c", "3"}, row{"d", "4"})
	}
	if _, err := s.Commit(context.Background(), 1, 1, set("a", "x"), kv.Durable); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("versions start anew: %v", err)
	}
	commit(t, s, 1, 2, set("a", "5"), kv.Durable)
	expect(t, s, 1, 3, row{"a", "5"}, row{"b", "2"})
}

func testClosed(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	snap := snapshot(t, s, 1)
	it := snap.Scan(nil, nil)
	watch, err := s.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
	}{
		{"Close", s.Close()},
		{"Flush", s.Flush(ctx)},
		{"Partitions", s.Partitions(ctx, func(kv.Partition, kv.Version) error { return nil })},
		{"Snapshot", second(s.Snapshot(ctx, 1))},
		{"Commit", second(s.Commit(ctx, 1, 1, set("a", "2"), kv.Durable))},
		{"Watch", second(s.Watch(ctx))},
		{"Get", second(snap.Get([]byte("a"), nil))},
	} {
		if !errors.Is(c.err, kv.ErrClosed) {
			t.Errorf("%s of a closed store: %v", c.name, c.err)
		}
	}
	if it.Next() || !errors.Is(it.Err(), kv.ErrClosed) {
		t.Errorf("scan of a closed store: %v", it.Err())
	}
	it.Close()
	if err := snap.Close(); err != nil {
		t.Errorf("Close of a snapshot of a closed store: %v", err)
	}
	if _, ok := <-watch; ok {
		t.Error("a closed store tells changes")
	}
	expect(t, store(t, b), 1, 1, row{"a", "1"})
}

func second[T any](_ T, err error) error { return err }

func testContext(t *testing.T, b Backing) {
	s := store(t, b)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		err  error
	}{
		{"Flush", s.Flush(ctx)},
		{"Partitions", s.Partitions(ctx, func(kv.Partition, kv.Version) error { return nil })},
		{"Snapshot", second(s.Snapshot(ctx, 1))},
		{"Commit", second(s.Commit(ctx, 1, 1, set("a", "2"), kv.Durable))},
		{"Watch", second(s.Watch(ctx))},
	} {
		if !errors.Is(c.err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v", c.name, c.err)
		}
	}
	expect(t, s, 1, 1, row{"a", "1"})
}

func testWatchEnds(t *testing.T, b Backing) {
	s := store(t, b)
	ctx, cancel := context.WithCancel(context.Background())
	watch, err := s.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// A store does not tell of its own commits.
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	cancel()
	for c := range watch {
		t.Errorf("told of %+v", c)
	}
}

func testWatch(t *testing.T, b Backing) {
	if !b.Nodes {
		t.Skip("the engine has a single writer")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	one, two := store(t, b), store(t, b)
	watch, err := two.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	own, err := one.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for v := range kv.Version(10) {
		for p := range kv.Partition(5) {
			commit(t, one, p, v, set("a", fmt.Sprint(v)), kv.Durability(v%2))
		}
	}
	// Each partition's last version is told in the end, or that some are lost.
	left := map[kv.Partition]bool{0: true, 1: true, 2: true, 3: true, 4: true}
	timeout := time.After(time.Minute)
	for len(left) > 0 {
		select {
		case c := <-watch:
			if c.Lost {
				clear(left)
			} else if c.Version == 10 {
				delete(left, c.Partition)
			}
		case <-timeout:
			t.Fatalf("never told of %v", left)
		}
	}
	for p := range kv.Partition(5) {
		expect(t, two, p, 10, row{"a", "9"})
	}
	if _, err := two.Commit(ctx, 0, 9, nil, kv.Durable); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("a node commits over another: %v", err)
	}
	commit(t, two, 0, 10, set("b", "two"), kv.Durable)
	if c := <-own; !c.Lost && (c.Partition != 0 || c.Version != 11) {
		t.Errorf("told of %+v", c)
	}
}
