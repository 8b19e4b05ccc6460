package mailstore

import (
	"errors"
	"fmt"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/migrate"
)

// epochFixture is an account with one message, on a store that was opened for it.
type epochFixture struct {
	t     *testing.T
	store *Store
	id    restante.AccountID
	inbox restante.MailboxID
}

func newEpochFixture(t *testing.T, backing *memkv.Backing) *epochFixture {
	t.Helper()
	f := &epochFixture{t: t}
	f.reopen(backing)
	var err error
	if f.id, err = f.store.CreateAccount(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	a := f.account()
	defer a.Release()
	f.inbox = a.State().MailboxByName("INBOX").ID
	if _, err := tryAppend(t.Context(), a, f.inbox, nil, "Subject: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return f
}

// reopen opens a store on what is on an engine now.
func (f *epochFixture) reopen(backing *memkv.Backing) {
	f.t.Helper()
	f.store = openStore(f.t, Options{KV: backing.Open()})
}

// account opens the account, which the caller releases.
func (f *epochFixture) account() *Account {
	f.t.Helper()
	a, err := f.store.Account(f.t.Context(), f.id)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

// flag gives the message a flag that it does not have, and answers at which modseq.
func (f *epochFixture) flag(a *Account, flag string) restante.ModSeq {
	f.t.Helper()
	r, err := a.StoreFlags(f.t.Context(), f.inbox, UIDSet{{First: 1, Last: 1}}, ReplaceFlags, []string{flag}, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return r.ModSeq
}

// TestModSeqAfterPowerCut: a modification sequence that was told and lost with
// a power cut is not given to another change.
func TestModSeqAfterPowerCut(t *testing.T) {
	backing := memkv.NewBacking()
	f := newEpochFixture(t, backing)
	a := f.account()
	lost := f.flag(a, `\Seen`)
	a.Release()
	for cut := 1; cut <= 2; cut++ {
		backing = backing.CrashClone()
		f.reopen(backing)
		a := f.account()
		before := a.State().ModSeq()
		if before <= lost {
			t.Errorf("cut %d: the account is at modseq %d, %d was told", cut, before, lost)
		}
		if lost = f.flag(a, `\Flagged`); lost != before+1 {
			t.Errorf("cut %d: modseq %d after %d", cut, lost, before)
		}
		a.Release()
		if r, err := f.store.Check(t.Context(), CheckOptions{}); err != nil || !r.Clean() {
			t.Errorf("cut %d: %+v, %v", cut, r.Findings, err)
		}
	}
	// A second opening in the same life of the engine skips nothing.
	f.reopen(backing)
	a = f.account()
	defer a.Release()
	if got := a.State().ModSeq(); got != lost {
		t.Errorf("modseq %d, not %d", got, lost)
	}
}

// TestModSeqAfterPowerCutUnwritable: an account that cannot begin its new epoch when it
// is first opened does so when it is opened again.
func TestModSeqAfterPowerCutUnwritable(t *testing.T) {
	backing := memkv.NewBacking()
	f := newEpochFixture(t, backing)
	a := f.account()
	lost := f.flag(a, `\Seen`)
	a.Release()
	engine := backing.CrashClone().Open()
	f.store = openStore(t, Options{KV: engine})
	broken := errors.New("broken")
	engine.Inject(memkv.Faults{BeforeCommit: memkv.OnCommit(1, broken)})
	if a, err := f.store.Account(t.Context(), f.id); !errors.Is(err, broken) {
		t.Fatalf("%+v, %v", a, err)
	}
	a = f.account()
	defer a.Release()
	if got := f.flag(a, `\Flagged`); got <= lost {
		t.Errorf("modseq %d was told before", got)
	}
}

// TestModSeqAfterMigration: an account that has seen power cuts on one engine is
// copied to another, which has seen none yet and then has its first ones.
func TestModSeqAfterMigration(t *testing.T) {
	old := memkv.NewBacking().CrashClone().CrashClone()
	f := newEpochFixture(t, old)
	backing := memkv.NewBacking()
	if _, err := migrate.New(migrate.Options{Source: old.Open(), Target: backing.Open(), From: "old"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := restante.ModSeq(0)
	for cut := range 4 {
		f.reopen(backing)
		a := f.account()
		if at := a.State().ModSeq(); at <= last {
			t.Errorf("cut %d: the account is at modseq %d, %d was told", cut, at, last)
		}
		last = f.flag(a, fmt.Sprint("k", cut)) // a change that the power cut takes
		a.Release()
		backing = backing.CrashClone()
	}
}
