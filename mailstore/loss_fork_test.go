package mailstore

import (
	"errors"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
)

// lossFixture is an account on an engine that is about to lose what comes next.
func lossFixture(t *testing.T) (f *fixture, engine *failsOver, standby *memkv.Backing) {
	t.Helper()
	backing := memkv.NewBacking()
	engine = &failsOver{Store: deaf{backing.Open()}}
	engine.now.Store(backing.Open())
	f = newFixture(t, Options{KV: engine})
	f.append(f.inbox, nil, messages(0, 3)...)
	f.create("other")
	return f, engine, backing.CrashClone()
}

// TestLostCommitsForked has another node, which did not know what was lost, go on with the
// account before the one that knew finds out: what that one holds in memory of lost
// commits does not pass for what stands under the same numbers now.
func TestLostCommitsForked(t *testing.T) {
	for _, guest := range []bool{false, true} {
		testLostCommitsForked(t, guest)
	}
}

func testLostCommitsForked(t *testing.T, guest bool) {
	f, engine, standby := lossFixture(t)
	const bob = restante.FirstAccountID + 1000
	viewer := f.As(bob)
	flags := func(a *Account, uid restante.UID) string {
		t.Helper()
		s, err := a.Snapshot(t.Context(), f.inbox)
		if err != nil {
			t.Fatal(err)
		}
		return flagsOf(s, uid)
	}
	f.store1(f.inbox, 2, AddFlags, "lost")
	if guest {
		if _, err := viewer.StoreFlags(t.Context(), f.inbox, uids(1, 1), AddFlags, []string{`\Seen`}, nil); err != nil {
			t.Fatal(err)
		}
		if one, two := flags(viewer, 1), flags(viewer, 2); one != `\Seen` || two != "lost" {
			t.Fatalf("the viewer sees %q and %q", one, two)
		}
	}
	for range 3 {
		f.append(f.State().MailboxByName("other").ID, nil, "x")
	}
	told := f.State().ModSeq()

	other := &fixture{t: t, store: openStore(t, Options{KV: standby.Open()})}
	other.Account = openAccount(t, other.store, f.ID())
	other.store1(f.inbox, 3, AddFlags, "kept") // rows and numbers are those of what was lost
	engine.now.Store(standby.Open())
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*Account{f.Account, viewer} {
		if one, two, three := flags(a, 1), flags(a, 2), flags(a, 3); one != "" || two != "" || three != "kept" {
			t.Errorf("viewer %d sees %q, %q and %q", a.viewer, one, two, three)
		}
	}
	for _, p := range f.snapshot(f.inbox).Pages() {
		if lowest := slices.Min(p.ModSeqs()); lowest <= told {
			t.Errorf("modseq %d, %d was told", lowest, told)
		}
	}
	f.sameAsStored()
}

// TestLostCommitsTwice has a second node find out after a first one has taken care of the
// loss: it leaves the messages alone, and no UID is given out that it has told.
func TestLostCommitsTwice(t *testing.T) {
	f, engine, standby := lossFixture(t)
	g := &fixture{t: t, store: openStore(t, Options{KV: engine})}
	g.Account = openAccount(t, g.store, f.ID())
	g.append(f.inbox, nil, "x")
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost := g.append(f.inbox, nil, "y").First
	engine.now.Store(standby.Open())
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := f.snapshot(f.inbox).At(1).ModSeq
	if err := g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := g.snapshot(f.inbox).At(1).ModSeq; again != first {
		t.Errorf("modseq %d, it was %d already", again, first)
	}
	if got := g.append(f.inbox, nil, "z").First; got <= lost {
		t.Errorf("UID %d again, which was %d", got, lost)
	}
	g.sameAsStored()
}

// TestLostCommitsOpens finds out when a mailbox is opened whose pages were not read yet.
func TestLostCommitsOpens(t *testing.T) {
	f, engine, standby := lossFixture(t)
	f.append(f.State().MailboxByName("other").ID, nil, "x")
	f.append(f.inbox, nil, "y")
	told := f.State().ModSeq()
	engine.now.Store(standby.Open())
	if m := f.snapshot(f.inbox).At(1); m.ModSeq <= told {
		t.Errorf("modseq %d, %d was told", m.ModSeq, told)
	}
	f.sameAsStored()
}

// TestLostCommitsUnwritable cannot take care of the loss at once: it is not forgotten.
func TestLostCommitsUnwritable(t *testing.T) {
	f, engine, standby := lossFixture(t)
	lost := f.append(f.inbox, nil, "y").First
	now := standby.Open()
	broken := errors.New("broken")
	now.Inject(memkv.Faults{BeforeCommit: memkv.OnCommit(1, broken)})
	engine.now.Store(now)
	if err := f.Refresh(t.Context()); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if got := f.append(f.inbox, nil, "z").First; got <= lost {
		t.Errorf("UID %d again, which was %d", got, lost)
	}
	f.sameAsStored()
}

// TestLostCommitsConnections has the engine lose commits and answer over one connection: taking
// care of that does not wait for a second one.
func TestLostCommitsConnections(t *testing.T) {
	f, engine, standby := lossFixture(t)
	f.store.kv = &oneAtATime{Store: engine}
	lost := f.append(f.inbox, nil, "x").First
	engine.now.Store(standby.Open())
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.append(f.inbox, nil, "y").First; got <= lost {
		t.Errorf("UID %d again, which was %d", got, lost)
	}
	f.sameAsStored()
}
