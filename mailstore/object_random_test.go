package mailstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestObjectsRandom does everything at random with faults of all kinds, on two nodes,
// and then looks whether all that was acknowledged is there and nothing else.
func TestObjectsRandom(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { objectsAtRandom(t, seed) })
	}
}

func objectsAtRandom(t *testing.T, seed uint64) {
	f := newObjectFixture(t, Options{})
	engine := f.backing.Open()
	other := openAccount(t, openStore(t, Options{KV: engine, Blobs: f.blobs, BlobsAbove: 10_000, Spool: t.TempDir(), Now: f.now}), f.ID())
	end := f.faultsAtRandom(seed, f.engine, engine)
	rng := rand.New(rand.NewPCG(seed, 1))
	var told objectsTold
	for step := range 200 {
		f.pass(time.Duration(rng.IntN(600)) * time.Second)
		told.step(f, []*Account{f.Account, other}[rng.IntN(2)], rng, step)
	}
	end()
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	told.verify(f)
}

// faultsAtRandom lets requests to the blob store and commits fail until end.
func (f *objectFixture) faultsAtRandom(seed uint64, engines ...*memkv.Store) (end func()) {
	var mu sync.Mutex // the stores delete objects by themselves, too
	faults := rand.New(rand.NewPCG(seed, 2))
	chance := func(n int, fault error) error {
		mu.Lock()
		defer mu.Unlock()
		if faults.IntN(n) == 0 {
			return fault
		}
		return nil
	}
	flaky := func(memblob.Op, blob.Name) error { return chance(8, errDown) }
	f.blobs.SetFault(memblob.Fault{Before: flaky, After: flaky})
	for _, e := range engines {
		e.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return chance(10, kv.ErrNoSpace) }})
	}
	return func() {
		f.blobs.SetFault(memblob.Fault{})
		for _, e := range engines {
			e.Inject(memkv.Faults{})
		}
	}
}

// objectsTold is what was acknowledged: messages in the order of their UIDs.
type objectsTold struct {
	texts []string
	uids  []restante.UID
}

// step does something, which may fail.
func (told *objectsTold) step(f *objectFixture, a *Account, rng *rand.Rand, step int) {
	ctx := f.t.Context()
	switch rng.IntN(6) {
	case 0, 1, 2:
		var texts []string
		for range 1 + rng.IntN(3) {
			texts = append(texts, large(step, []int{500, 15_000, 40_000, 1_200_000}[rng.IntN(4)]))
		}
		r, err := tryAppend(ctx, a, f.inbox, nil, texts...)
		if err != nil {
			return
		}
		for i, text := range texts {
			told.texts, told.uids = append(told.texts, text), append(told.uids, r.First+restante.UID(i))
		}
	case 3:
		if len(told.uids) == 0 {
			return
		}
		i := rng.IntN(len(told.uids))
		if _, err := a.Remove(ctx, f.inbox, told.uids[i]); err == nil {
			told.texts, told.uids = slices.Delete(told.texts, i, i+1), slices.Delete(told.uids, i, i+1)
		}
	case 4:
		_ = a.store.reap(ctx, a.ID())
	case 5:
		_, _ = a.store.SweepObjects(ctx, SweepOptions{MinAge: time.Hour})
	}
}

// verify looks whether all of it is there and, after sweeps, no object more.
func (told *objectsTold) verify(f *objectFixture) {
	f.t.Helper()
	s := f.snapshot(f.inbox)
	if s.Len() != len(told.texts) {
		f.t.Fatalf("%d messages, want %d", s.Len(), len(told.texts))
	}
	objects := 0
	for i, want := range told.texts {
		m := s.At(i + 1)
		if got, err := f.text(m.EmailID, 0, -1); m.UID != told.uids[i] || err != nil || got != want {
			f.t.Errorf("message %d: UID %d for %d, %d octets of %d, %v", i+1, m.UID, told.uids[i], len(got), len(want), err)
		}
		if len(want) > 10_000 {
			objects++
		}
	}
	f.sweepAll()
	f.sweepAll() // what uploads that had failed left staged was forgotten in the first one
	if n := len(f.blobs.Names()); n != objects {
		f.t.Errorf("%d objects for %d messages that need one", n, objects)
	}
}
