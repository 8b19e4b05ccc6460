package mailstore_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/restante/restante/internal/crashfs"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
)

// cutter takes clones of a file system as power cuts would leave it: before
// syncs of files, also in the background, and between operations.
type cutter struct {
	fs *crashfs.FS

	mu       sync.Mutex
	rng      *rand.Rand
	on       bool
	durable  int // the last state known to be on stable storage
	inFlight int // the state that is being made, or was made last
	cuts     []cut
}

// cut is one power cut. The store must then be in one of the states from first
// to last.
type cut struct {
	fs          *crashfs.FS
	where       string
	first, last int
}

// fileSystem is the cutter's file system with cuts before syncs.
func (c *cutter) fileSystem() vfs.FS {
	return reusing{errorfs.Wrap(c.fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			c.cut("before sync of "+op.Path, 1)
		case errorfs.OpRename, errorfs.OpRemove, errorfs.OpCreate:
			c.cut("before change of "+op.Path, 3)
		}
		return nil
	}))}
}

// reusing sees to it that files which are used again are cut as others are: errorfs knows
// nothing of what is done with them.
type reusing struct{ vfs.FS }

func (fs reusing) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := fs.Rename(oldname, newname); err != nil {
		return nil, err
	}
	return fs.OpenReadWrite(newname, category)
}

// cut takes a clone, one time of so many.
func (c *cutter) cut(where string, oneOf int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on || c.rng.IntN(oneOf) > 0 {
		return
	}
	// What is durable now stays so; what comes into being meanwhile may be there.
	cfg := vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 0, 50, 100}[c.rng.IntN(4)], RNG: c.rng}
	c.cuts = append(c.cuts, cut{fs: c.fs.CrashClone(cfg), where: where, first: c.durable, last: c.inFlight})
}

// begin notes that an operation begins that leads to the state, end that it is
// acknowledged, and whether all up to it is durable then.
func (c *cutter) begin(state int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on, c.inFlight = true, state
}

func (c *cutter) end(state int, durable bool) []cut {
	c.mu.Lock()
	if durable {
		c.durable = state
	}
	c.mu.Unlock()
	c.cut("between operations", 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	cuts := c.cuts
	c.cuts = nil
	return cuts
}

// stop ends the power cuts.
func (c *cutter) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = false
}

func engineOptions(fs vfs.FS) pebblekv.Options {
	return pebblekv.Options{Dir: "store", FS: fs, MemTableBytes: 512 << 10, CacheBytes: 1 << 20, Reserve: -1}
}

// TestPowerCuts runs random operations on a file system that loses what is not
// synced, cuts the power at many moments, and opens what is left: nothing that
// was acknowledged is lost, but for flags that were changed last, nothing is
// half there, and the store is sound and works on.
func TestPowerCuts(t *testing.T) {
	seeds, steps := uint64(2), 25
	if os.Getenv("RESTANTE_LONG") != "" {
		seeds, steps = 4, 80
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) { powerCuts(t, seed, steps) })
	}
}

func powerCuts(t *testing.T, seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 3))
	c := &cutter{fs: crashfs.New(), rng: rand.New(rand.NewPCG(seed, 4))}
	engine, err := pebblekv.Open(engineOptions(c.fileSystem()))
	if err != nil {
		t.Fatal(err)
	}
	store, a := openAccount(t, engine, 0)
	m := newModel()
	if err := m.adopt(a.State()); err != nil {
		t.Fatal(err)
	}
	states := []*model{m}
	survived := 0
	for i := 1; i <= steps; i++ {
		s := randomStep(rng, m, true)
		before := a.State().ModSeq()
		c.begin(i)
		m = s.take(t, t.Context(), a, m)
		states = append(states, m)
		for _, cut := range c.end(i, !s.relaxed && a.State().ModSeq() > before) {
			surviveCut(t, rng, a, states, cut, fmt.Sprintf("step %d, %s, cut %s", i, s.name, cut.where))
			survived++
		}
	}
	t.Logf("%d power cuts", survived)
	mustMatch(t, a, m, "at the end")
	mailstoretest.MustCheck(t, store)
	c.stop()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
}

// surviveCut opens what a cut has left.
func surviveCut(t *testing.T, rng *rand.Rand, live *mailstore.Account, states []*model, c cut, when string) {
	t.Helper()
	engine, err := pebblekv.Open(engineOptions(c.fs))
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	store, a := openAccount(t, engine, live.ID())
	got, err := dumpAccount(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	found := -1
	for i := c.last; i >= c.first && found < 0; i-- {
		if states[i].dump() == got {
			found = i
		}
	}
	if found < 0 {
		t.Fatalf("%s: what is left is none of the states %d to %d; against the last:\n%s",
			when, c.first, c.last, difference(got, states[c.last].dump()))
	}
	mailstoretest.MustCheck(t, store)
	m := states[found]
	for range 3 {
		m = randomStep(rng, m, false).take(t, t.Context(), a, m)
	}
	mustMatch(t, a, m, when+", then worked on")
	mailstoretest.MustCheck(t, store)
	a.Release()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		t.Fatalf("%s: the store is not sound", when)
	}
	sweepAfter(t, c, live)
}

// sweepAfter opens what a cut has left once more, a day later: uploads that the
// cut ended are gone then.
func sweepAfter(t *testing.T, c cut, live *mailstore.Account) {
	t.Helper()
	engine, err := pebblekv.Open(engineOptions(c.fs))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mailstore.Open(t.Context(), mailstore.Options{
		KV: engine, Now: func() time.Time { return time.Now().Add(24 * time.Hour) },
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := store.Account(t.Context(), live.ID())
	if err != nil {
		t.Fatal(err)
	}
	mailstoretest.MustCheck(t, store)
	a.Release()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
}
