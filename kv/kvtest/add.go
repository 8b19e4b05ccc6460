package kvtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/restante/restante/kv"
)

// testAdd adds values of all sizes, also where there are others already, and reads them
// in every way.
func testAdd(t *testing.T, b Backing) {
	s := store(t, b)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	sizes := []int{0, 1, 2000, 4000, 7999, 8000, 8001, 16_000, 16_001, 50_000, 300_000, 1_100_000}
	version := kv.Version(1)
	for round := range len(sizes) {
		want := []row{{"a", "1"}}
		for i := range sizes { // of each key another size than the round before
			size := sizes[(i+5*round)%len(sizes)]
			want = append(want, row{fmt.Sprintf("k%02d", i), string(random(size + round))})
		}
		for _, r := range want[1:] {
			change := new(kv.Batch)
			if change.Add([]byte(r.key), []byte(r.value)); round%3 == 2 {
				change.Reset()
				change.Set([]byte(r.key), []byte(r.value))
			}
			commit(t, s, 1, version, change, kv.Durable)
			version++
		}
		expect(t, s, 1, version, want...)
		expectFirst(t, s, want)
		if round%4 != 3 {
			continue
		}
		commit(t, s, 1, version, batch(func(b *kv.Batch) {
			for _, r := range want[1:] {
				b.Delete([]byte(r.key), len(r.value))
			}
			b.Add([]byte("z"), []byte("gone"))
			b.Delete([]byte("z"), 4)
		}), kv.Durable)
		version++
		expect(t, s, 1, version, want[0])
	}
}

// expectFirst reads rows one by one: by a look, and by Get.
func expectFirst(t *testing.T, s kv.Store, want []row) {
	t.Helper()
	snap := snapshot(t, s, 1)
	defer snap.Close()
	for _, r := range want {
		found, _, err := kv.First(context.Background(), s, 1, []kv.Range{kv.Only([]byte(r.key))})
		if err != nil || string(found[0].Key) != r.key || string(found[0].Value) != r.value {
			t.Fatalf("%s of %d bytes: found %d bytes of %q, %v", r.key, len(r.value), len(found[0].Value), found[0].Key, err)
		}
		if got, err := snap.Get([]byte(r.key), nil); err != nil || string(got) != r.value {
			t.Fatalf("%s of %d bytes: got %d, %v", r.key, len(r.value), len(got), err)
		}
	}
}
