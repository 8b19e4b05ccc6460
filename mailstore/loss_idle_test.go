package mailstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/restante/restante"
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

// TestLostCommitsOvertaken has another node change the account as often again before, or once
// more: what this one holds does not pass for what is there, and nothing that it told gets
// another meaning, whether somebody uses the account or not.
func TestLostCommitsOvertaken(t *testing.T) {
	deliver := func(text string) func(*fixture) {
		return func(f *fixture) { f.append(f.inbox, nil, "Subject: "+text+"\r\n\r\n") }
	}
	flag := func(uid restante.UID, keyword string) func(*fixture) {
		return func(f *fixture) { f.store1(f.inbox, uid, AddFlags, keyword) }
	}
	create := func(name string) func(*fixture) { return func(f *fixture) { f.create(name) } }
	expunge := func(f *fixture) { f.expungeUID(f.inbox, 2) }
	remove := func(f *fixture) {
		if err := f.DeleteMailbox(f.t.Context(), "other"); err != nil {
			f.t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ lost, kept func(*fixture) }{
		"flags":                 {flag(2, "lost"), flag(3, "kept")},
		"a message, by flags":   {deliver("lost"), flag(3, "kept")},
		"a message, by another": {deliver("lost"), deliver("kept, and longer")},
		"an expunge":            {expunge, flag(3, "kept")},
		"a mailbox, by flags":   {create("lost"), flag(3, "kept")},
		"a mailbox, by another": {create("lost"), create("kept")},
		"the end of a mailbox":  {remove, flag(3, "kept")},
		"flags, by an expunge":  {flag(1, "lost"), expunge},
		"a message, by two":     {deliver("lost"), func(f *fixture) { expunge(f); deliver("kept")(f) }},
	} {
		for _, idle := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", idle ", idle), func(t *testing.T) {
				f, engine, standby := lossFixture(t)
				f.snapshot(f.inbox)
				c.lost(f)
				lost, told := *f.State(), f.snapshot(f.inbox)
				later := func() time.Time { return f.clock.Add(time.Minute) }
				other := &fixture{t: t, inbox: f.inbox, store: openStore(t, Options{KV: deaf{standby.Open()}, Now: later})} // as PostgreSQL, it counts no ends
				other.Account = openAccount(t, other.store, f.ID())
				for c.kept(other); other.State().version < lost.version; c.kept(other) {
				}
				kept := other.snapshot(f.inbox)
				f.failOver(engine, standby, idle)
				now := f.snapshot(f.inbox)
				for i := range kept.Len() {
					m, want := now.At(i+1), kept.At(i+1)
					if m.UID != want.UID || m.EmailID != want.EmailID || m.Size != want.Size {
						t.Errorf("message %+v, want %+v", m, want)
					}
					if seq, there := told.SeqOf(m.UID); m.ModSeq <= lost.ModSeq() && (!there || told.At(seq) != m) {
						t.Errorf("%+v, %d was told", m, lost.ModSeq())
					}
				}
				next := now.At(now.Len())
				if next.UID < told.Mailbox().UIDNext || next.EmailID < lost.account.nextEmail || next.ModSeq <= lost.ModSeq() {
					t.Errorf("the next message is %+v, told were UIDNEXT %d, EmailID %d and modseq %d",
						next, told.Mailbox().UIDNext, lost.account.nextEmail, lost.ModSeq())
				}
				if now.ModSeq() < lost.ModSeq()+skippedPerEnd {
					t.Errorf("modseq %d: the loss was not noticed", now.ModSeq())
				}
			})
		}
	}
}

// TestNothingLost has a node read an account anew, as after a failover, again and again while
// another one changes it: it never takes that for a loss.
func TestNothingLost(t *testing.T) {
	for seed := range uint64(4) {
		f := newFixture(t, Options{})
		g := f.node()
		rng := rand.New(rand.NewPCG(seed, 4))
		for step := range 150 {
			g.clock = g.clock.Add(time.Duration(rng.IntN(3)) * time.Second)
			if err := g.randomOperation(rng); err != nil && !expected(err) {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			if rng.IntN(3) > 0 {
				continue
			}
			f.store.cache.doubtAll()
			if err := f.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if f.State().account.epoch != g.State().account.epoch {
				t.Fatalf("seed %d, step %d: it was taken for a loss", seed, step)
			}
			mailboxes := f.State().Mailboxes()
			if mb := mailboxes[rng.IntN(len(mailboxes))]; !mb.NoSelect {
				f.snapshot(mb.ID)
			}
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
