package kvtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/restante/restante/kv"
)

func testPowerCut(t *testing.T, b Backing) {
	if b.PowerCut == nil {
		t.Skip("the engine shows no power cuts")
	}
	s := store(t, b)
	cut := func() kv.Store {
		t.Helper()
		return store(t, b.PowerCut(t))
	}
	expect(t, cut(), 1, 0)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	expect(t, cut(), 1, 1, row{"a", "1"})
	// What is Durable holds all that its partition had before.
	commit(t, s, 1, 1, set("b", "2"), kv.Relaxed)
	commit(t, s, 1, 2, batch(func(b *kv.Batch) { b.Delete([]byte("a"), 1) }), kv.Durable)
	expect(t, cut(), 1, 3, row{"b", "2"})
	// Be they many and large ones, with those of others in between.
	for v := range kv.Version(40) {
		commit(t, s, 3, v, loadBatch(v+1), kv.Relaxed)
		commit(t, s, 4, v, loadBatch(v+1), kv.Relaxed)
	}
	commit(t, s, 3, 40, loadBatch(41), kv.Durable)
	expectLoad(t, cut(), 3, 41)
	// Flush makes Relaxed commits stay.
	for v := range kv.Version(5) {
		commit(t, s, 2, v, set(fmt.Sprint(v), "v"), kv.Relaxed)
	}
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, cut(), 2, 5, row{"0", "v"}, row{"1", "v"}, row{"2", "v"}, row{"3", "v"}, row{"4", "v"})
	// A power cut leaves a version that there was, with what it had.
	for v := kv.Version(3); v < 20; v++ {
		commit(t, s, 1, v, set("n", fmt.Sprint(v+1)), kv.Relaxed)
		after := cut()
		snap := snapshot(t, after, 1)
		if at := snap.Version(); at < 3 || at > v+1 {
			t.Fatalf("version %d after a power cut at %d", at, v+1)
		} else if at > 3 {
			expect(t, after, 1, at, row{"b", "2"}, row{"n", fmt.Sprint(at)})
		}
		// It can be used on.
		commit(t, after, 1, snap.Version(), set("again", ""), kv.Durable)
		snap.Close()
		if err := after.Close(); err != nil {
			t.Error(err)
		}
	}
}

// testPowerCutUnderLoad cuts the power while several writers commit, again and
// again from what the last cut left. What was acknowledged as Durable is
// there, and each partition is all of what some version of it was.
func testPowerCutUnderLoad(t *testing.T, b Backing) {
	if b.PowerCut == nil {
		t.Skip("the engine shows no power cuts")
	}
	const writers, rounds = 4, 6
	var at [writers]kv.Version
	for round := range rounds {
		s := b.Open(t)
		var wg sync.WaitGroup
		var acked [writers]kv.Version // durably, when the cut came
		var mu sync.Mutex
		stop := make(chan struct{})
		enough := make(chan struct{}, 1<<10)
		for w := range writers {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(round), uint64(w)))
				for v := at[w]; ; v++ {
					select {
					case <-stop:
						return
					default:
					}
					d := kv.Durability(rng.IntN(2))
					if _, err := s.Commit(context.Background(), kv.Partition(w), v, loadBatch(v+1), d); err != nil {
						t.Errorf("commit %d: %v", v+1, err)
						enough <- struct{}{}
						return
					}
					if d == kv.Durable {
						mu.Lock()
						acked[w] = v + 1
						mu.Unlock()
						select {
						case enough <- struct{}{}:
						default:
						}
					}
				}
			})
		}
		for range 40 {
			<-enough
		}
		mu.Lock()
		must := acked
		mu.Unlock()
		after := b.PowerCut(t)
		close(stop)
		wg.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		b = after
		s = b.Open(t)
		for w := range writers {
			at[w] = expectLoad(t, s, kv.Partition(w), must[w])
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			return
		}
	}
}

// loadBatch makes version v of a partition: two keys with the version, one of
// them among the last ten, and one value of some size.
func loadBatch(v kv.Version) *kv.Batch {
	return batch(func(b *kv.Batch) {
		b.Set([]byte("n"), fmt.Append(nil, v))
		b.Set(fmt.Appendf(nil, "last%d", v%10), fmt.Append(nil, v))
		b.Set(fmt.Appendf(nil, "large%d", v%10), random(int(v%7)*3000))
	})
}

// expectLoad checks that the partition is what loadBatch made of it, at least
// at version must, and answers its version.
func expectLoad(t *testing.T, s kv.Store, p kv.Partition, must kv.Version) kv.Version {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	v := snap.Version()
	if v < must {
		t.Errorf("partition %d is at %d, but %d was acknowledged", p, v, must)
	}
	get := func(key string) string {
		value, err := snap.Get([]byte(key), nil)
		if err != nil {
			t.Errorf("partition %d at %d: Get(%s): %v", p, v, key, err)
		}
		return string(value)
	}
	if v > 0 && get("n") != fmt.Sprint(v) {
		t.Errorf("partition %d at %d holds %s", p, v, get("n"))
	}
	for i := v; i > 0 && i+10 > v; i-- {
		if got := get(fmt.Sprintf("last%d", i%10)); got != fmt.Sprint(i) {
			t.Errorf("partition %d at %d: last%d is %s", p, v, i%10, got)
		}
		if get(fmt.Sprintf("large%d", i%10)) != string(random(int(i%7)*3000)) {
			t.Errorf("partition %d at %d: large%d differs", p, v, i%10)
		}
	}
	return v
}
