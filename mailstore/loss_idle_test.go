package mailstore

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante/kv/memkv"
)

// TestLostCommitsIdle has the engine come back without commits of an account that nobody
// uses at that moment: the node still knows what it told of it.
func TestLostCommitsIdle(t *testing.T) {
	f, engine, standby := lossFixture(t)
	f.append(f.inbox, nil, messages(3, 5)...)
	told := f.State().ModSeq()
	f.failOver(engine, standby, true)
	if mb := f.snapshot(f.inbox).Mailbox(); mb.UIDNext != 7 || mb.HighestModSeq <= told {
		t.Errorf("UIDNEXT %d, modseq %d, %d was told", mb.UIDNext, mb.HighestModSeq, told)
	}
}

// TestLostCommitsOvertaken has another node change the account as often again before: what
// this one holds does not pass for what is there under the same version, whether somebody
// uses the account or not.
func TestLostCommitsOvertaken(t *testing.T) {
	for _, idle := range []bool{true, false} {
		f, engine, standby := lossFixture(t)
		f.store1(f.inbox, 2, AddFlags, "lost")
		version := f.State().version
		other := &fixture{t: t, store: openStore(t, Options{KV: deaf{standby.Open()}})} // as PostgreSQL, it counts no ends
		other.Account = openAccount(t, other.store, f.ID())
		other.store1(f.inbox, 3, AddFlags, "kept")
		f.failOver(engine, standby, idle)
		if f.State().version != version+1 { // and the message
			t.Fatalf("version %d, not the one behind %d", f.State().version, version)
		}
		if two, three := flagsOf(f.snapshot(f.inbox), 2), flagsOf(f.snapshot(f.inbox), 3); two != "" || three != "kept" {
			t.Errorf("idle %t: flags %q and %q", idle, two, three)
		}
	}
}

// TestLostCommitsIdleChanged has the bus tell of a change of an account that nobody uses, after
// the engine has lost commits of it: the node does not forget what it told of it before it has
// taken care of that, be it that nobody has read the account since, or that doing so failed.
func TestLostCommitsIdleChanged(t *testing.T) {
	for _, noticed := range []bool{false, true} {
		f, engine, standby := lossFixture(t)
		f.append(f.inbox, nil, messages(3, 5)...)
		lost := f.append(f.inbox, nil, messages(5, 6)...).Last
		engine.now.Store(standby.Open())
		if noticed {
			ctx, cancel := context.WithCancel(t.Context())
			engine.committing = cancel
			if err := f.Refresh(ctx); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			engine.committing = nil
		}
		f.Release()
		if !noticed {
			f.store.cache.doubtAll()
		}
		other := &fixture{t: t, store: openStore(t, Options{KV: deaf{standby.Open()}})}
		other.Account = openAccount(t, other.store, f.ID())
		other.store1(f.inbox, 3, AddFlags, "kept")
		if f.store.cache.forgetUnlessUsed(f.ID()) != nil {
			t.Error("the account is in use")
		}
		again, err := f.store.Account(t.Context(), f.ID()) // released by the fixture
		if err != nil {
			t.Fatal(err)
		}
		f.Account = again
		if next := f.append(f.inbox, nil, message1(1000)).First; next <= lost {
			t.Errorf("noticed %t: UID %d, which may have been told of another message: %d was", noticed, next, lost)
		}
		f.sameAsStored()
	}
}

// failOver has the standby take over, and the bus break, while nobody uses the account if
// it is idle.
func (f *fixture) failOver(engine *failsOver, standby *memkv.Backing, idle bool) {
	f.t.Helper()
	f.snapshot(f.inbox)
	if idle {
		f.Release()
	}
	engine.now.Store(standby.Open())
	if used := f.store.cache.doubtAll(); len(used) == 0 != idle {
		f.t.Errorf("%d accounts are in use", len(used))
	}
	if idle && f.store.cache.acquire(f.store, f.ID()) != f.Account { // released by the fixture
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
