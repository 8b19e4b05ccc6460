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

// testLook: what an engine answers of a partition without a Snapshot is what a
// Snapshot shows.
func testLook(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	if v, err := kv.VersionOf(ctx, s, 5); err != nil || v != 0 {
		t.Errorf("of an empty partition: %d, %v", v, err)
	}
	if _, err := kv.VersionOf(ctx, s, kv.MaxPartition+1); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("of one that cannot be: %v", err)
	}
	looker, _ := s.(kv.Looker)
	everything := []kv.Range{{Start: []byte{}, End: bytes.Repeat([]byte{0xff}, kv.MaxKey)}}
	if looker != nil {
		if rows, v, err := looker.Look(ctx, 5, everything); err != nil || v != 0 || len(rows) != 1 || rows[0].Key != nil {
			t.Errorf("of an empty partition: %v, %d, %v", rows, v, err)
		}
		if _, _, err := looker.Look(ctx, kv.MaxPartition+1, everything); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("of one that cannot be: %v", err)
		}
	}
	commit(t, s, 4, 0, set("0500x", "of another partition"), kv.Durable)
	commit(t, s, 5, 0, batch(func(b *kv.Batch) {
		for i := range 200 {
			b.Set(fmt.Appendf(nil, "%04d", i*5), fmt.Appendf(nil, "value %d", i))
		}
		b.Set([]byte("0007"), nil)
		b.Set([]byte("0008"), bytes.Repeat([]byte("large"), 1<<20))
	}), kv.Durable)
	commit(t, s, 5, 1, nil, kv.Durable)
	if v, err := kv.VersionOf(ctx, s, 5); err != nil || v != 2 {
		t.Errorf("version %d, %v", v, err)
	}
	testPlaces(t, s)
	snap := snapshot(t, s, 5)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var ranges []kv.Range
		for range rng.IntN(6) {
			from := rng.IntN(1100)
			r := kv.Range{Start: fmt.Appendf(nil, "%04d", from), End: fmt.Appendf(nil, "%04d", from+rng.IntN(8))}
			if rng.IntN(3) == 0 {
				r = kv.Only(fmt.Appendf(nil, "%04d", rng.IntN(12)))
			}
			ranges = append(ranges, r)
		}
		want, err := kv.FirstRows(snap, ranges)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range ranges {
			if first := rows(t, snap, r.Start, r.End); len(first) == 0 && want[i].Key != nil ||
				len(first) > 0 && (first[0].key != string(want[i].Key) || first[0].value != string(want[i].Value)) {
				t.Fatalf("first of %q: %.40q", r.Start, want[i].Key)
			}
		}
		if looker == nil {
			continue
		}
		got, v, err := looker.Look(ctx, 5, ranges)
		if err != nil || v != 2 || len(got) != len(want) {
			t.Fatalf("%d rows at version %d, %v", len(got), v, err)
		}
		for i := range want {
			if !bytes.Equal(got[i].Key, want[i].Key) || !bytes.Equal(got[i].Value, want[i].Value) || (got[i].Key == nil) != (want[i].Key == nil) {
				t.Fatalf("first of %q is %.40q, not %.40q", ranges[i].Start, got[i].Key, want[i].Key)
			}
		}
	}
}

// testPlaces looks at rows of two partitions and one that is empty.
func testPlaces(t *testing.T, s kv.Store) {
	ctx := context.Background()
	at := func(p kv.Partition, key string) kv.Place {
		return kv.Place{Partition: p, Range: kv.Range{Start: []byte(key), End: []byte("9")}}
	}
	got, err := kv.FirstAt(ctx, s, []kv.Place{at(5, "0006"), at(4, "0"), at(5, "0008"), at(6, "0"), at(5, "8")})
	if err != nil || len(got) != 5 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	var versions []kv.Version
	for _, p := range []kv.Partition{5, 4, 5, 6, 5} {
		version, err := kv.VersionOf(ctx, s, p)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, version)
	}
	for i, want := range []struct {
		key  string
		size int
	}{{"0007", 0}, {"0500x", 20}, {"0008", 5 << 20}, {}, {}} {
		if string(got[i].Key) != want.key || len(got[i].Value) != want.size || (got[i].Key == nil) != (want.key == "") ||
			got[i].Version != versions[i] {
			t.Errorf("place %d: %q with %d bytes at version %d", i, got[i].Key, len(got[i].Value), got[i].Version)
		}
	}
	if rows, err := kv.FirstAt(ctx, s, nil); err != nil || len(rows) != 0 {
		t.Errorf("of no places: %v, %v", rows, err)
	}
	if _, err := kv.FirstAt(ctx, s, []kv.Place{at(4, "0"), at(kv.MaxPartition+1, "0")}); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("of a partition that cannot be: %v", err)
	}
}
