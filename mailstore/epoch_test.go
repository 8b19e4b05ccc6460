package mailstore

import (
	"fmt"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/migrate"
)

// TestModSeqAfterPowerCut: a modification sequence that was told and lost with
// a power cut is not given to another change.
func TestModSeqAfterPowerCut(t *testing.T) {
	ctx := t.Context()
	backing := memkv.NewBacking()
	s, err := Open(ctx, Options{KV: backing.Open()})
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.CreateAccount(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	inbox := a.State().MailboxByName("INBOX").ID
	p := a.BeginAppend(ctx)
	if w, err := p.Message(NewMessage{}); err != nil {
		t.Fatal(err)
	} else if _, err := w.Write([]byte("Subject: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	flag := func(a *Account, flag string) (StoreResult, error) {
		return a.StoreFlags(ctx, inbox, UIDSet{{First: 1, Last: 1}}, AddFlags, []string{flag}, nil)
	}
	lost, err := flag(a, `\Seen`)
	if err != nil {
		t.Fatal(err)
	}
	a.Release()
	for cut := 1; cut <= 2; cut++ {
		backing = backing.CrashClone()
		if s, err = Open(ctx, Options{KV: backing.Open()}); err != nil {
			t.Fatal(err)
		}
		if a, err = s.Account(ctx, id); err != nil {
			t.Fatal(err)
		}
		if got := a.State().ModSeq(); got <= lost.ModSeq {
			t.Errorf("cut %d: the account is at modseq %d, %d was told", cut, got, lost.ModSeq)
		}
		before := a.State().ModSeq()
		again, err := flag(a, `\Flagged`)
		if err != nil || again.ModSeq != before+1 {
			t.Errorf("cut %d: modseq %d after %d, %v", cut, again.ModSeq, before, err)
		}
		lost = again
		a.Release()
		if r, err := s.Check(ctx, CheckOptions{}); err != nil || !r.Clean() {
			t.Errorf("cut %d: %+v, %v", cut, r.Findings, err)
		}
	}
	// A second opening in the same life of the engine skips nothing.
	if s, err = Open(ctx, Options{KV: backing.Open()}); err != nil {
		t.Fatal(err)
	}
	if a, err = s.Account(ctx, id); err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if got := a.State().ModSeq(); got != lost.ModSeq {
		t.Errorf("modseq %d, not %d", got, lost.ModSeq)
	}
}

// TestModSeqAfterMigration: an account that has seen power cuts on one engine is
// copied to another, which has seen none yet and then has its first ones.
func TestModSeqAfterMigration(t *testing.T) {
	ctx := t.Context()
	old := memkv.NewBacking().CrashClone().CrashClone()
	s, err := Open(ctx, Options{KV: old.Open()})
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.CreateAccount(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	inbox := a.State().MailboxByName("INBOX").ID
	p := a.BeginAppend(ctx)
	if _, err := p.Message(NewMessage{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	a.Release()
	backing := memkv.NewBacking()
	if _, err := migrate.New(migrate.Options{Source: old.Open(), Target: backing.Open(), From: "old"}).Run(ctx); err != nil {
		t.Fatal(err)
	}
	last := restante.ModSeq(0)
	for cut := range 4 {
		if s, err = Open(ctx, Options{KV: backing.Open()}); err != nil {
			t.Fatal(err)
		}
		if a, err = s.Account(ctx, id); err != nil {
			t.Fatal(err)
		}
		if at := a.State().ModSeq(); at <= last {
			t.Errorf("cut %d: the account is at modseq %d, %d was told", cut, at, last)
		}
		// A change that the power cut takes.
		r, err := a.StoreFlags(ctx, inbox, UIDSet{{First: 1, Last: 1}}, ReplaceFlags, []string{fmt.Sprint("k", cut)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		last = r.ModSeq
		a.Release()
		backing = backing.CrashClone()
	}
}
