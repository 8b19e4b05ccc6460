package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// The tests run on a clock that stands still while anything can go on, so that no
// node is late because the machine is busy.

// quick is a node that beats fast.
func quick(t *testing.T, b *memkv.Backing, o Options) (*Cluster, *memkv.Store) {
	t.Helper()
	engine := b.Open()
	t.Cleanup(func() { engine.Close() })
	o.KV = engine
	if o.Beat == 0 {
		o.Beat = 20 * time.Millisecond
	}
	o.Hurry = time.Millisecond
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, engine
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestNodesFindOneAnother(t *testing.T) { synctest.Test(t, testNodesFindOneAnother) }

func testNodesFindOneAnother(t *testing.T) {
	b := memkv.NewBacking()
	one, _ := quick(t, b, Options{Name: "one"})
	two, _ := quick(t, b, Options{Name: "two"})
	three, engine := quick(t, b, Options{Name: "three"})
	for _, c := range []*Cluster{one, two, three} {
		eventually(t, "all know all", func() bool { return c.Count() == 3 })
	}
	nodes, err := one.Nodes()
	names := []string{}
	for _, n := range nodes {
		names = append(names, fmt.Sprint(n.Name, n.Self))
	}
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"onetrue", "threefalse", "twofalse"}) {
		t.Error(names, err)
	}
	// One that says farewell is gone at once.
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two is gone", func() bool { return one.Count() == 2 && three.Count() == 2 })
	// One that is cut off from the store is taken for dead, and comes back by itself.
	engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return errors.New("cut off") }})
	eventually(t, "three is taken for dead", func() bool { return one.Count() == 1 })
	if _, err := three.Nodes(); err == nil {
		t.Error("a node that is cut off does not know it")
	}
	engine.Inject(memkv.Faults{})
	eventually(t, "three is back", func() bool { return one.Count() == 2 })
	eventually(t, "three knows it", func() bool { _, err := three.Nodes(); return err == nil })
}

// noteBoard is a note of a node in a test.
type noteBoard struct {
	mu    sync.Mutex
	mine  string
	heard string
	says  int
}

func (n *noteBoard) note() Note {
	return Note{
		Name: "test",
		Say:  func() []byte { n.mu.Lock(); defer n.mu.Unlock(); n.says++; return []byte(n.mine) },
		Hear: func(others [][]byte) {
			n.mu.Lock()
			defer n.mu.Unlock()
			var all []string
			for _, o := range others {
				all = append(all, string(o))
			}
			slices.Sort(all)
			n.heard = strings.Join(all, "+")
		},
	}
}

func (n *noteBoard) set(text string) { n.mu.Lock(); defer n.mu.Unlock(); n.mine = text }
func (n *noteBoard) get() string     { n.mu.Lock(); defer n.mu.Unlock(); return n.heard }

func TestNotes(t *testing.T) { synctest.Test(t, testNotes) }

func testNotes(t *testing.T) {
	b := memkv.NewBacking()
	var one, two, three noteBoard
	one.set("a")
	two.set("b")
	// These beat so seldom that what is heard was told because it changed.
	first, _ := quick(t, b, Options{Notes: []Note{one.note()}, Beat: time.Hour})
	second, _ := quick(t, b, Options{Notes: []Note{two.note()}, Beat: time.Hour})
	third, _ := quick(t, b, Options{Notes: []Note{three.note()}, Beat: time.Hour})
	eventually(t, "one hears all", func() bool { return one.get() == "+b" })
	one.set("c")
	first.Changed()
	eventually(t, "all hear of a change", func() bool { return two.get() == "+c" && three.get() == "b+c" })
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what a node told goes with it", func() bool { return one.get() == "" && three.get() == "c" })
	three.set(strings.Repeat("x", maxNote+1))
	third.Changed()
	one.set("d")
	first.Changed()
	eventually(t, "a note that is too long holds nothing up", func() bool { return three.get() == "d" })
	if got := one.get(); got != "" {
		t.Errorf("a note that is too long was told: %d bytes", len(got))
	}
}

// TestTaskRunsOnce: of three nodes one does it, and no two at a time.
func TestTaskRunsOnce(t *testing.T) { synctest.Test(t, testTaskRunsOnce) }

func testTaskRunsOnce(t *testing.T) {
	b := memkv.NewBacking()
	var runs, at atomic.Int64
	task := Task{Name: "sweep", Every: time.Hour, Run: func(context.Context) error {
		if at.Add(1) > 1 {
			t.Error("two at a time")
		}
		time.Sleep(30 * time.Millisecond) // longer than a beat
		at.Add(-1)
		runs.Add(1)
		return nil
	}}
	var all []*Cluster
	for range 3 {
		c, _ := quick(t, b, Options{Tasks: []Task{task}})
		all = append(all, c)
	}
	eventually(t, "it is done", func() bool { return runs.Load() == 1 })
	eventually(t, "all are there", func() bool { return all[0].Count() == 3 && all[2].Count() == 3 })
	for _, c := range all {
		before := stored(t, b).nodes[c.id].Beat
		eventually(t, "some beats go by", func() bool { return stored(t, b).nodes[c.id].Beat > before+3 })
	}
	if n := runs.Load(); n != 1 {
		t.Errorf("done %d times in an hour", n)
	}
}

// stored reads what the nodes say of themselves.
func stored(t *testing.T, b *memkv.Backing) *table {
	t.Helper()
	engine := b.Open()
	defer engine.Close()
	snap, err := engine.Snapshot(t.Context(), partition)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	said, err := readTable(snap)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// TestTaskIsTakenOver: a node that is cut off from the store loses its task, whose
// context ends, and what it does at last is not taken for the end of the task.
func TestTaskIsTakenOver(t *testing.T) { synctest.Test(t, testTaskIsTakenOver) }

func testTaskIsTakenOver(t *testing.T) {
	b := memkv.NewBacking()
	began, ended, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	_, engine := quick(t, b, Options{Name: "first", Tasks: []Task{{Name: "sweep", Every: time.Hour, Run: func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		close(ended)
		return nil
	}}}})
	<-began
	second, _ := quick(t, b, Options{Name: "second", Tasks: []Task{{Name: "sweep", Every: time.Hour, Run: func(context.Context) error {
		close(done)
		return nil
	}}}})
	eventually(t, "they know one another", func() bool { return second.Count() == 2 })
	select {
	case <-done:
		t.Fatal("both do it")
	default:
	}
	engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return errors.New("cut off") }})
	<-ended // by its own clock
	<-done
	engine.Inject(memkv.Faults{})
	eventually(t, "the second's end is noted", func() bool {
		l := stored(t, b).leases["sweep"]
		return l.Holder == 0 && l.Term == 2 && l.Done > 0
	})
}

// TestTaskOfNodeThatEnds: a task that was cut off is another node's at once.
func TestTaskOfNodeThatEnds(t *testing.T) { synctest.Test(t, testTaskOfNodeThatEnds) }

func testTaskOfNodeThatEnds(t *testing.T) {
	b := memkv.NewBacking()
	began := make(chan struct{})
	first, _ := quick(t, b, Options{Tasks: []Task{{Name: "sweep", Every: time.Hour, Run: func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}}}})
	<-began
	done := make(chan struct{})
	quick(t, b, Options{Tasks: []Task{{Name: "sweep", Every: time.Hour, Run: func(context.Context) error {
		close(done)
		return nil
	}}}})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
}

// TestFailedTask is tried again, though not at once.
func TestFailedTask(t *testing.T) { synctest.Test(t, testFailedTask) }

func testFailedTask(t *testing.T) {
	b := memkv.NewBacking()
	var clock atomic.Int64
	clock.Store(time.Now().Unix())
	var runs atomic.Int64
	quick(t, b, Options{Now: func() time.Time { return time.Unix(clock.Load(), 0) }, Tasks: []Task{{Name: "sweep", Every: 24 * time.Hour, Run: func(context.Context) error {
		if runs.Add(1) == 1 {
			panic("for once")
		}
		return nil
	}}}})
	eventually(t, "the failure is noted", func() bool { return strings.Contains(stored(t, b).leases["sweep"].Error, "panic") })
	clock.Add(int64(retryAfter/time.Second) + 1)
	eventually(t, "it is tried again", func() bool { return runs.Load() == 2 && stored(t, b).leases["sweep"].Error == "" })
}

// aloneKV is an engine with a single writer.
type aloneKV struct{ *memkv.Store }

func (aloneKV) SingleWriter() bool { return true }

// TestAlone: a node that is alone does its tasks, writes nothing else, and knows over a
// restart when they were done.
func TestAlone(t *testing.T) { synctest.Test(t, testAlone) }

func testAlone(t *testing.T) {
	engine := memkv.New()
	var runs atomic.Int64
	options := Options{KV: aloneKV{engine}, Notes: []Note{{Name: "x", Say: func() []byte { t.Error("asked"); return nil }, Hear: func([][]byte) {}}},
		Tasks: []Task{{Name: "sweep", Every: time.Hour, Run: func(context.Context) error { runs.Add(1); return nil }}}}
	for range 2 {
		c, err := Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is done", func() bool { return stored(t, engine.Backing()).leases["sweep"].Done > 0 })
		if c.Count() != 1 {
			t.Error(c.Count())
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if runs.Load() != 1 || engine.Commits() != 2 {
		t.Errorf("%d runs, %d commits", runs.Load(), engine.Commits())
	}
	var none *Cluster
	none.Changed()
	if none.Count() != 1 || none.Close() != nil {
		t.Error("no cluster is not one node")
	}
}

// TestManyNodes: all beat in one partition without losing one another.
func TestManyNodes(t *testing.T) { synctest.Test(t, testManyNodes) }

func testManyNodes(t *testing.T) {
	b := memkv.NewBacking()
	var all []*Cluster
	for range 25 {
		c, _ := quick(t, b, Options{Beat: 100 * time.Millisecond})
		all = append(all, c)
	}
	for _, c := range all {
		eventually(t, "all know all", func() bool { return c.Count() == len(all) })
	}
}

func TestRowsOfOthersVersions(t *testing.T) { synctest.Test(t, testRowsOfOthersVersions) }

func testRowsOfOthersVersions(t *testing.T) {
	engine := memkv.New()
	var b kv.Batch
	b.Set([]byte("n"), []byte("{}"))
	b.Set(nodeKey(7), []byte("no JSON"))
	b.Set(leaseKey("sweep"), []byte("[1]"))
	b.Set([]byte{0xff, 1}, []byte("later"))
	if _, err := engine.Commit(t.Context(), partition, 0, &b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	c, _ := quick(t, engine.Backing(), Options{})
	before := stored(t, engine.Backing()).nodes[c.id].Beat
	eventually(t, "it beats", func() bool { return stored(t, engine.Backing()).nodes[c.id].Beat > before })
	if c.Count() != 1 {
		t.Error(c.Count())
	}
}
