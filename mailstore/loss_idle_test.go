package mailstore

import (
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestLostCommitsIdle has the engine come back without commits of an account that nobody
// uses at that moment: the node still knows what it told of it.
func TestLostCommitsIdle(t *testing.T) {
	f, engine, standby := lossFixture(t)
	f.append(f.inbox, nil, messages(3, 5)...)
	told := f.State().ModSeq()
	f.comeBackIdle(engine, standby)
	if mb := f.snapshot(f.inbox).Mailbox(); mb.UIDNext != 7 || mb.HighestModSeq <= told {
		t.Errorf("UIDNEXT %d, modseq %d, %d was told", mb.UIDNext, mb.HighestModSeq, told)
	}
}

// TestLostCommitsIdleOvertaken has another node change the account as often again before:
// what this one holds does not pass for what is there under the same version.
func TestLostCommitsIdleOvertaken(t *testing.T) {
	f, engine, standby := lossFixture(t)
	f.store1(f.inbox, 2, AddFlags, "lost")
	version := f.State().version
	other := &fixture{t: t, store: openStore(t, Options{KV: deaf{standby.Open()}})} // as PostgreSQL, it counts no ends
	other.Account = openAccount(t, other.store, f.ID())
	other.store1(f.inbox, 3, AddFlags, "kept")
	f.comeBackIdle(engine, standby)
	if f.State().version != version+1 { // and the message
		t.Fatalf("version %d, not the one behind %d", f.State().version, version)
	}
	if two, three := flagsOf(f.snapshot(f.inbox), 2), flagsOf(f.snapshot(f.inbox), 3); two != "" || three != "kept" {
		t.Errorf("flags %q and %q", two, three)
	}
}

// comeBackIdle has the standby take over while nobody uses the account, opens it again, and
// checks that it is as the standby has it.
func (f *fixture) comeBackIdle(engine *failsOver, standby *memkv.Backing) {
	f.t.Helper()
	f.snapshot(f.inbox)
	f.Release()
	engine.now.Store(standby.Open())
	if used := f.store.cache.open(kv.Change{Lost: true}); len(used) != 0 {
		f.t.Fatalf("%d accounts are in use", len(used))
	}
	a, err := f.store.Account(f.t.Context(), f.ID()) // released by the fixture
	if err != nil {
		f.t.Fatal(err)
	}
	if a != f.Account {
		f.t.Fatal("the account was forgotten")
	}
	if err := f.Refresh(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	f.sameAsStored()
	f.append(f.inbox, nil, message1(1000))
	if r, err := f.store.Check(f.t.Context(), CheckOptions{}); err != nil || !r.Clean() {
		f.t.Errorf("%+v, %v", r.Findings, err)
	}
}
