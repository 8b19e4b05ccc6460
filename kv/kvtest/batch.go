package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

func testBatchOrder(t *testing.T, b Backing) {
	s := store(t, b)
	k := func(s string) []byte { return []byte(s) }
	commit(t, s, 1, 0, batch(func(b *kv.Batch) {
		b.Set(k("a"), k("1"))
		b.Set(k("b"), k("1"))
		b.Set(k("c"), k("1"))
		b.Set(k("e"), k("1"))
	}), kv.Durable)
	commit(t, s, 1, 1, batch(func(b *kv.Batch) {
		b.Set(k("a"), k("2"))
		b.Set(k("a"), k("3"))         // the later set wins
		b.DeleteRange(k("b"), k("d")) // and a set after a range
		b.Set(k("c"), k("4"))
		b.Set(k("d"), k("5"))
		b.Delete(k("d"), 1) // and a delete after a set
		b.Delete(k("e"), 0)
		b.Set(k("e"), k("6")) // and a set after a delete
		b.Delete(k("none"), 100)
	}), kv.Durable)
	expect(t, s, 1, 2, row{"a", "3"}, row{"c", "4"}, row{"e", "6"})
	commit(t, s, 1, 2, batch(func(b *kv.Batch) {
		b.Set(k("x"), k("1"))
		b.DeleteRange(nil, nil) // a range takes what the batch has set before
		b.Set(k("y"), k("2"))
	}), kv.Relaxed)
	expect(t, s, 1, 3, row{"y", "2"})
}

func testDeleteRange(t *testing.T, b Backing) {
	for _, test := range []struct {
		start, end []byte
		left       string
	}{
		{nil, nil, ""},
		{nil, []byte("b"), "bc"},
		{[]byte("b"), nil, "a"},
		{[]byte("b"), []byte("c"), "ac"},
		{[]byte("c"), []byte("b"), "abc"},
		{[]byte("b"), []byte("b"), "abc"},
		{[]byte{}, []byte{}, "abc"},
		{nil, []byte{}, "abc"},
		{[]byte{}, nil, ""},
		{[]byte("\xff"), nil, "abc"},
	} {
		for i, middle := range []kv.Partition{3, 1<<32 + 255, kv.MaxPartition - 1} {
			t.Run(fmt.Sprintf("%q-%q-%d", test.start, test.end, i), func(t *testing.T) {
				s := store(t, b)
				clearAll(t, s)
				abc := []row{{"a", "1"}, {"b", "1"}, {"c", "1"}}
				versions := map[kv.Partition]kv.Version{}
				for _, p := range []kv.Partition{middle - 1, middle, middle + 1} {
					snap := snapshot(t, s, p)
					versions[p] = snap.Version() + 1
					snap.Close()
					commit(t, s, p, versions[p]-1, batch(func(b *kv.Batch) {
						for _, r := range abc {
							b.Set([]byte(r.key), []byte(r.value))
						}
					}), kv.Durable)
				}
				commit(t, s, middle, versions[middle], batch(func(b *kv.Batch) { b.DeleteRange(test.start, test.end) }), kv.Durable)
				expect(t, s, middle-1, versions[middle-1], abc...)
				expect(t, s, middle+1, versions[middle+1], abc...)
				var left []row
				for _, c := range test.left {
					left = append(left, row{string(c), "1"})
				}
				expect(t, s, middle, versions[middle]+1, left...)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// clearAll empties the partitions of a store that tests share.
func clearAll(t *testing.T, s kv.Store) {
	t.Helper()
	type at struct {
		p kv.Partition
		v kv.Version
	}
	var all []at
	err := s.Partitions(context.Background(), func(p kv.Partition, v kv.Version) error {
		all = append(all, at{p, v})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		commit(t, s, a.p, a.v, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), kv.Relaxed)
	}
}

// testEdges uses the first and the last partition.
func testEdges(t *testing.T, b Backing) {
	s := store(t, b)
	for _, p := range []kv.Partition{0, kv.MaxPartition} {
		commit(t, s, p, 0, set("\xff", "v"), kv.Durable)
		expect(t, s, p, 1, row{"\xff", "v"})
		commit(t, s, p, 1, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), kv.Durable)
	}
	for _, p := range []kv.Partition{0, kv.MaxPartition} {
		expect(t, s, p, 2)
	}
}

func testInvalid(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	long := bytes.Repeat([]byte("k"), kv.MaxKey+1)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	for name, change := range map[string]func(*kv.Batch){
		"empty key":        func(b *kv.Batch) { b.Set(nil, []byte("v")) },
		"long key":         func(b *kv.Batch) { b.Set(long, []byte("v")) },
		"large value":      func(b *kv.Batch) { b.Set([]byte("k"), make([]byte, kv.MaxValue+1)) },
		"delete empty key": func(b *kv.Batch) { b.Delete(nil, 0) },
		"delete long key":  func(b *kv.Batch) { b.Delete(long, 0) },
		"long range start": func(b *kv.Batch) { b.DeleteRange(long, nil) },
		"long range end":   func(b *kv.Batch) { b.DeleteRange(nil, long) },
	} {
		for _, d := range []kv.Durability{kv.Durable, kv.Relaxed} {
			_, err := s.Commit(ctx, 1, 1, batch(func(b *kv.Batch) {
				b.Set([]byte("before"), []byte("v"))
				change(b)
			}), d)
			if !errors.Is(err, restante.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := s.Commit(ctx, kv.MaxPartition+1, 0, set("a", "1"), kv.Durable); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("commit to a partition of 64 bits: %v", err)
	}
	if _, err := s.Snapshot(ctx, kv.MaxPartition+1); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("snapshot of a partition of 64 bits: %v", err)
	}
	expect(t, s, 1, 1, row{"a", "1"})
}

// random answers n bytes that do not compress.
func random(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	rng.Read(b)
	return b
}

func testLargeValues(t *testing.T, b Backing) {
	s := store(t, b)
	var want []row
	for i, size := range []int{0, 1, 511, 512, 513, 4095, 4096, 65535, 65536, 1 << 20, kv.MaxValue} {
		r := row{fmt.Sprintf("%02d", i), string(random(size))}
		want = append(want, r)
		commit(t, s, 1, kv.Version(i), set(r.key, r.value), kv.Durability(i%2))
	}
	expect(t, s, 1, kv.Version(len(want)), want...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = store(t, b)
	expect(t, s, 1, kv.Version(len(want)), want...)
	// Values are the caller's again once Commit has returned.
	value := []byte("mine")
	key := []byte("zz")
	commit(t, s, 1, kv.Version(len(want)), batch(func(b *kv.Batch) { b.Set(key, value) }), kv.Relaxed)
	copy(value, "XXXX")
	copy(key, "XX")
	expect(t, s, 1, kv.Version(len(want)+1), append(want, row{"zz", "mine"})...)
}

func testBigBatch(t *testing.T, b Backing) {
	s := store(t, b)
	changed := new(kv.Batch)
	var want []row
	for i := range 20_000 {
		r := row{fmt.Sprintf("%06d", i), fmt.Sprint(i)}
		want = append(want, r)
		changed.Set([]byte(r.key), []byte(r.value))
	}
	for i := range 40 {
		r := row{fmt.Sprintf("large%02d", i), string(random(1 << 20))}
		want = append(want, r)
		changed.Set([]byte(r.key), []byte(r.value))
	}
	commit(t, s, 1, 0, changed, kv.Durable)
	expect(t, s, 1, 1, want...)
	changed.Reset()
	for i := range 20_000 {
		changed.Delete(fmt.Appendf(nil, "%06d", i), 5)
	}
	commit(t, s, 1, 1, changed, kv.Relaxed)
	expect(t, s, 1, 2, want[20_000:]...)
}
