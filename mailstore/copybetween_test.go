package mailstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestCopyAllOrNone: where all messages must be there, none is copied or moved if one
// of them went meanwhile, within an account and between two.
func TestCopyAllOrNone(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 3)...)
	if _, err := f.Remove(t.Context(), f.inbox, 2); err != nil {
		t.Fatal(err)
	}
	id, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	bob := openAccount(t, f.store, id)
	mb, err := f.CreateMailbox(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]Destination{
		"within":  {Account: f.Account, Mailbox: mb.ID, Rights: AllRights},
		"between": {Account: bob, Mailbox: bob.State().MailboxByName("INBOX").ID, Rights: AllRights},
	} {
		must := to
		must.Count = 3
		if _, err := f.CopyTo(t.Context(), f.inbox, uids(1, 3), must); !errors.Is(err, restante.ErrExpunged) {
			t.Errorf("%s: copied: %v", name, err)
		}
		if _, err := f.MoveTo(t.Context(), f.inbox, uids(1, 3), must); !errors.Is(err, restante.ErrExpunged) {
			t.Errorf("%s: moved: %v", name, err)
		}
		if n := to.Account.State().Mailbox(to.Mailbox).Messages; n != 0 {
			t.Errorf("%s: %d messages arrived", name, n)
		}
		must.Count = 2
		if r, err := f.CopyTo(t.Context(), f.inbox, uids(1, 3), must); err != nil || r.To.Count() != 2 {
			t.Errorf("%s: %v %v", name, r, err)
		}
		if r, err := f.CopyTo(t.Context(), f.inbox, uids(1, 3), to); err != nil || r.To.Count() != 2 {
			t.Errorf("%s: %v %v", name, r, err)
		}
	}
	if n := f.State().Mailbox(f.inbox).Messages; n != 2 {
		t.Errorf("%d messages are left", n)
	}
}

// oneAtATime is an engine of which one view can be had at a time, as if it had one connection.
type oneAtATime struct {
	kv.Store
	open atomic.Int32
}

func (e *oneAtATime) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	if n := e.open.Add(1); n > 1 {
		e.open.Add(-1)
		return nil, fmt.Errorf("%d views are open: %w", n-1, restante.ErrUnavailable)
	}
	snap, err := e.Store.Snapshot(ctx, p)
	if err != nil {
		e.open.Add(-1)
		return nil, err
	}
	return &onlySnapshot{Snapshot: snap, engine: e}, nil
}

type onlySnapshot struct {
	kv.Snapshot
	engine *oneAtATime
	closed bool
}

func (s *onlySnapshot) Close() error {
	if !s.closed {
		s.closed = true
		s.engine.open.Add(-1)
	}
	return s.Snapshot.Close()
}

// TestCopyBetweenConnections holds that a copy into another account does not wait for a second
// connection while it has one, whatever it stages: as many copies at a time as there are
// connections would wait for each other.
func TestCopyBetweenConnections(t *testing.T) {
	copyBetween(newFixture(t, Options{KV: &oneAtATime{Store: deaf{memkv.New()}}}))
	f := newObjectFixture(t, Options{KV: &oneAtATime{Store: deaf{memkv.New()}}})
	copyBetween(f.fixture)
}

// TestCopyBetween: what comes into another account is what was copied, be it small or staged.
func TestCopyBetween(t *testing.T) { copyBetween(newFixture(t, Options{})) }

func copyBetween(f *fixture) {
	f.t.Helper()
	texts := []string{"small", large(1, heldMessage+1), large(2, 3*heldMessage+chunkSize/2), "Subject: x\r\n\r\n"}
	for i := range 3*heldAppend/heldMessage + 1 {
		texts = append(texts, large(3+i, heldMessage/2))
	}
	for _, text := range texts {
		f.append(f.inbox, nil, text)
	}
	id, err := f.store.CreateAccount(f.t.Context(), "bob")
	if err != nil {
		f.t.Fatal(err)
	}
	bob := *f
	bob.Account = openAccount(f.t, f.store, id)
	inbox := bob.State().MailboxByName("INBOX").ID
	all := UIDSet{{First: 1, Last: restante.UID(len(texts))}}
	to := Destination{Account: bob.Account, Mailbox: inbox, Rights: AllRights}
	r, err := f.CopyTo(f.t.Context(), f.inbox, all, to)
	if err != nil || int(r.To.Count()) != len(texts) {
		f.t.Fatalf("%v, %v", r.To, err)
	}
	for i, want := range texts {
		if got := bob.text(bob.snapshot(inbox).At(i + 1).EmailID); got != want {
			f.t.Errorf("message %d has %d octets of %d, or others", i+1, len(got), len(want))
		}
	}
	// Room is looked for once more before the quota is told to be full, and what was staged goes.
	if err := bob.SetQuota(f.t.Context(), Quota{Messages: int64(len(texts)) + 3}); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.CopyTo(f.t.Context(), f.inbox, all, to); !errors.Is(err, restante.ErrOverQuota) {
		f.t.Errorf("over quota: %v", err)
	}
	if n := bob.countRows(kindStaging); n != 0 {
		f.t.Errorf("%d staged messages are left", n)
	}
}
