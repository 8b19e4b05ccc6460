package mailstore

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// sweepAll deletes what nothing names, as if two days had passed.
func (f *objectFixture) sweepAll() SweepReport {
	f.t.Helper()
	f.pass(48 * time.Hour)
	r, err := f.store.SweepObjects(f.t.Context(), SweepOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// TestObjectAnswerLost has Puts be done whose answers are lost.
func TestObjectAnswerLost(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.blobs.SetFault(memblob.Fault{After: func(op memblob.Op, _ blob.Name) error {
		if op == memblob.Put {
			return errDown
		}
		return nil
	}})
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, large(1, 20_000), large(2, 2_000_000)); !errors.Is(err, restante.ErrUnavailable) {
		t.Fatalf("Append: %v", err)
	}
	if n := len(f.blobs.Names()); n == 0 {
		t.Fatal("nothing was written")
	}
	f.blobs.SetFault(memblob.Fault{})
	f.reapAll(time.Hour)
	if n := len(f.blobs.Names()) + f.countRows(kindForgotten) + f.countRows(kindStaging); n != 0 {
		t.Errorf("%d objects and rows are left", n)
	}
}

// TestObjectCommitFails has the commit fail that names an object which is there.
func TestObjectCommitFails(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.engine.Inject(memkv.Faults{BeforeCommit: func(_ context.Context, c memkv.Commit) error { return failThose(c, kv.Durable, kv.ErrNoSpace) }})
	for _, size := range []int{20_000, 2_000_000} {
		if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, large(1, size)); !errors.Is(err, restante.ErrNoSpace) {
			t.Fatalf("Append: %v", err)
		}
	}
	if n := len(f.blobs.Names()); n != 2 {
		t.Errorf("%d objects", n)
	}
	f.engine.Inject(memkv.Faults{})
	f.reapAll(time.Hour)
	if n := len(f.blobs.Names()) + f.countRows(kindStaging); n != 0 {
		t.Errorf("%d objects and rows are left", n)
	}
	f.append(f.inbox, nil, large(1, 20_000))
}

// TestObjectUploadAbandoned has uploads that nobody ends: the process dies. They go when
// the account is next opened, an hour later.
func TestObjectUploadAbandoned(t *testing.T) {
	f := newObjectFixture(t, Options{})
	p := f.BeginAppend(t.Context())
	for i, size := range []int{2_000_000, 20_000} {
		w, err := p.Message(NewMessage{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, large(i, size)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.blobs.Names()); n != 1 {
		t.Errorf("%d objects", n)
	}
	if r := f.sweepAll(); r.Deleted != 0 || r.Objects != 1 {
		t.Errorf("a sweep meanwhile: %+v", r)
	}
	other := openStore(t, Options{KV: f.backing.Open(), Blobs: f.blobs, Now: f.now})
	a := openAccount(t, other, f.ID())
	if n := f.countRows(kindStaging); n != 0 {
		t.Errorf("%d uploads are still staged", n)
	}
	if _, err := p.Commit(t.Context(), f.inbox); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("the upload is completed after all: %v", err)
	}
	f.pass(2 * time.Hour)
	if err := other.reap(t.Context(), a.ID()); err != nil {
		t.Fatal(err)
	}
	if n := len(f.blobs.Names()); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

// TestObjectStagingLost has a power cut take back the row that named an upload, and its
// EmailID with it, which the next message gets.
func TestObjectStagingLost(t *testing.T) {
	f := newObjectFixture(t, Options{})
	stray := blob.Name{Account: f.ID(), Email: f.State().account.nextEmail, Token: 77}
	if err := f.blobs.Put(t.Context(), stray, strings.NewReader("stray"), 5); err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, large(1, 20_000))
	if f.email(1) != stray.Email {
		t.Fatalf("the message is content %d, not %d", f.email(1), stray.Email)
	}
	f.pass(24 * time.Hour)
	r, err := f.store.Check(t.Context(), CheckOptions{})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Kind != FindObject || r.Findings[0].Email != stray.Email {
		t.Errorf("check: %v %v", r.Findings, err)
	}
	if r := f.sweepAll(); r.Deleted != 1 || r.Bytes != 5 || r.Objects != 2 || r.Strange != 0 {
		t.Errorf("%+v", r)
	}
	if got, err := f.text(f.email(1), 0, -1); err != nil || got != large(1, 20_000) {
		t.Errorf("the message: %v", err)
	}
}

// TestObjectRepaired has Repair do what a sweep does.
func TestObjectRepaired(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000))
	for i := range 5 {
		if err := f.blobs.Put(t.Context(), blob.Name{Account: f.ID(), Email: restante.EmailID(i * 50), Token: 77}, strings.NewReader("stray"), 5); err != nil {
			t.Fatal(err)
		}
	}
	f.pass(24 * time.Hour)
	r, err := f.store.Repair(t.Context(), RepairOptions{})
	if err != nil || r.Fixed != 5 || !r.Clean() {
		t.Errorf("repair: %+v, %v", r, err)
	}
	f.reapAll(time.Hour)
	if n := len(f.blobs.Names()); n != 1 {
		t.Errorf("%d objects are left", n)
	}
}

// TestObjectDamage has objects go or change: readers, Check and Repair tell it.
func TestObjectDamage(t *testing.T) {
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	for name, damage := range map[string]func([]byte) []byte{
		"gone":  func([]byte) []byte { return nil },
		"short": cut,
		"bit": func(b []byte) []byte {
			b[len(b)/2] ^= 1
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newObjectFixture(t, Options{})
			f.append(f.inbox, nil, large(1, 5_000), large(2, 600_000), large(3, 30_000))
			f.blobs.Change(f.blobs.Names()[0], damage)
			_, err := f.text(f.email(2), 0, -1)
			if !errors.Is(err, restante.ErrCorrupt) {
				t.Errorf("reading: %v", err)
			}
			for _, quick := range []bool{false, true} {
				r, err := f.store.Check(t.Context(), CheckOptions{SkipContents: quick})
				want := 1
				if quick && name != "gone" {
					want = 0
				}
				if err != nil || len(r.Findings) != want || want > 0 && (r.Findings[0].Kind != FindContent || r.Findings[0].UID != 2) {
					t.Errorf("check, quick %v: %v, %v", quick, r.Findings, err)
				}
			}
			r, err := f.store.Repair(t.Context(), RepairOptions{DropLost: true})
			if err != nil || !r.Clean() {
				t.Errorf("repair: %+v, %v", r, err)
			}
			if n := f.snapshot(f.inbox).Len(); n != 2 {
				t.Errorf("%d messages are left", n)
			}
			f.sweepAll()
			if n := len(f.blobs.Names()); n != 1 {
				t.Errorf("%d objects are left", n)
			}
		})
	}
}

// TestObjectsWithoutStore has a store be opened that is not told where its objects are:
// nothing of them is taken for lost.
func TestObjectsWithoutStore(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000), large(2, 100))
	other := openStore(t, Options{KV: f.backing.Open(), Now: f.now})
	a := openAccount(t, other, f.ID())
	r, err := a.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.WriteRange(io.Discard, f.email(1), 0, -1); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("reading an object: %v", err)
	}
	if err := r.WriteRange(io.Discard, f.email(2), 0, -1); err != nil {
		t.Errorf("reading another message: %v", err)
	}
	for _, quick := range []bool{false, true} {
		if _, err := other.Repair(t.Context(), RepairOptions{CheckOptions: CheckOptions{SkipContents: quick}, DropLost: true}); !errors.Is(err, restante.ErrUnavailable) {
			t.Errorf("repair, quick %v: %v", quick, err)
		}
	}
	if _, err := other.SweepObjects(t.Context(), SweepOptions{}); err != nil {
		t.Error(err)
	}
	f.mustBeClean()
}

// TestSweepLeavesStrangers has another installation keep its objects in the same place.
func TestSweepLeavesStrangers(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000))
	stranger := blob.Name{Account: f.ID() + 1, Email: 1, Token: 1}
	if err := f.blobs.Put(t.Context(), stranger, strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if r := f.sweepAll(); r.Strange != 1 || r.Deleted != 0 || r.Accounts != 2 {
		t.Errorf("%+v", r)
	}
	r, err := f.store.Check(t.Context(), CheckOptions{})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Account != stranger.Account || r.Findings[0].Kind != FindObject {
		t.Errorf("check: %v, %v", r.Findings, err)
	}
	if err := f.blobs.Delete(t.Context(), []blob.Name{stranger}); err != nil {
		t.Fatal(err)
	}
}

// TestSweepFindsRemoved has the objects of an account that was removed deleted by a
// node that knows of it only from the rows.
func TestSweepFindsRemoved(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000), large(2, 20_000))
	id := f.ID()
	if err := f.store.RemoveAccount(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	other := openStore(t, Options{KV: f.backing.Open(), Blobs: f.blobs, Now: f.now})
	if _, err := other.SweepObjects(t.Context(), SweepOptions{}); err != nil || len(f.blobs.Names()) != 2 {
		t.Errorf("right after the removal: %v, %v", f.blobs.Names(), err)
	}
	f.pass(2 * time.Hour)
	if _, err := other.SweepObjects(t.Context(), SweepOptions{}); err != nil || len(f.blobs.Names()) != 0 {
		t.Errorf("two hours later: %v, %v", f.blobs.Names(), err)
	}
}

// TestObjectsImportedTwice has what was imported before written no second time.
func TestObjectsImportedTwice(t *testing.T) {
	f := newObjectFixture(t, Options{})
	puts := 0
	f.blobs.SetFault(memblob.Fault{Before: func(op memblob.Op, _ blob.Name) error {
		if op == memblob.Put {
			puts++
		}
		return nil
	}})
	for round := range 2 {
		p := f.BeginAppend(t.Context())
		for i, size := range []int{20_000, 2_000_000, 100} {
			w, err := p.Message(NewMessage{ImportKey: []byte{byte(i)}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, large(i, size)); err != nil {
				t.Fatal(err)
			}
		}
		r, err := p.Commit(t.Context(), f.inbox)
		if err != nil || r.Skipped != 3*round {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if n := f.snapshot(f.inbox).Len(); n != 3 || puts != 2 || len(f.blobs.Names()) != 2 {
		t.Errorf("%d messages, %d puts, %d objects", n, puts, len(f.blobs.Names()))
	}
}

// TestObjectsBetweenAccounts copies objects to another account.
func TestObjectsBetweenAccounts(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000), large(2, 2_000_000))
	id, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	bob := openAccount(t, f.store, id)
	inbox := bob.State().MailboxByName("inbox").ID
	if _, err := f.CopyTo(t.Context(), f.inbox, UIDSet{{First: 1, Last: 2}}, Destination{Account: bob, Mailbox: inbox, Rights: AllRights}); err != nil {
		t.Fatal(err)
	}
	if err := f.store.RemoveAccount(t.Context(), f.ID()); err != nil {
		t.Fatal(err)
	}
	f.sweepAll()
	g := &objectFixture{fixture: &fixture{Account: bob, t: t, store: f.store, inbox: inbox}, blobs: f.blobs, at: f.at}
	for i, want := range []string{large(1, 20_000), large(2, 2_000_000)} {
		if got, err := g.text(g.email(i+1), 0, -1); err != nil || got != want {
			t.Errorf("copy %d: %d octets, %v", i+1, len(got), err)
		}
	}
}
