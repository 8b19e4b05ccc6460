package mailstore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestUnknownOutcome fails commits before or after they are written: the answer
// and what is shown afterwards are what the engine has.
func TestUnknownOutcome(t *testing.T) {
	broken := errors.New("broken")
	hook := memkv.OnCommit
	for _, written := range []bool{false, true} {
		f := newFixture(t, Options{})
		f.append(f.inbox, nil, messages(0, 3)...)
		faults := memkv.Faults{BeforeCommit: hook(f.engine.Commits()+1, broken)}
		if written {
			faults = memkv.Faults{AfterCommit: hook(f.engine.Commits()+1, broken)}
		}
		f.engine.Inject(faults)
		r, err := tryAppend(t.Context(), f.Account, f.inbox, nil, message1(3))
		want := 3
		if written {
			want = 4
			if err != nil || r.First != 4 {
				t.Fatalf("%+v, %v", r, err)
			}
		} else if !errors.Is(err, restante.ErrUnavailable) || !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if got := f.snapshot(f.inbox).Len(); got != want || int(f.State().Mailbox(f.inbox).Messages) != want {
			t.Errorf("written %v: %d messages, want %d", written, got, want)
		}
		f.append(f.inbox, nil, message1(4))
		f.sameAsStored()
	}
}

// TestUnknownOutcomeUnread is TestUnknownOutcome when the engine cannot be read
// for a while either.
func TestUnknownOutcomeUnread(t *testing.T) {
	f := newFixture(t, Options{})
	broken := errors.New("broken")
	var down atomic.Bool
	f.engine.Inject(memkv.Faults{
		AfterCommit: func(context.Context, memkv.Commit) error {
			if down.Load() {
				return broken
			}
			return nil
		},
		Read: func(kv.Partition, []byte) error {
			if down.Load() {
				return broken
			}
			return nil
		},
	})
	f.append(f.inbox, nil, message1(1))
	down.Store(true)
	for range 2 {
		if err := f.SetSubscribed(t.Context(), "x", true); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	down.Store(false)
	if err := f.Refresh(t.Context()); err != nil || !f.State().Subscribed("x") {
		t.Errorf("what was written is not shown: %v", err)
	}
	f.append(f.inbox, nil, message1(2))
	f.sameAsStored()
}

// TestUnknownOutcomeOfAll fails every commit after it is written: no operation is
// answered with an error, for all of them have happened.
func TestUnknownOutcomeOfAll(t *testing.T) {
	f := newFixture(t, Options{})
	f.engine.Inject(memkv.Faults{AfterCommit: func(context.Context, memkv.Commit) error { return errors.New("broken") }})
	ctx := t.Context()
	f.append(f.inbox, []string{`\Deleted`}, messages(0, 30)...)
	box, err := f.CreateMailbox(ctx, "Box", nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"StoreFlags":    second(f.StoreFlags(ctx, f.inbox, uids(3, 5), AddFlags, []string{"k"}, nil)),
		"Copy":          second(f.Copy(ctx, f.inbox, uids(1, 9), box.ID)),
		"Move":          second(f.Move(ctx, f.inbox, uids(2, 3), box.ID)),
		"Expunge":       second(f.Expunge(ctx, f.inbox, uids(10, 25))),
		"SetSubscribed": f.SetSubscribed(ctx, "Box", true),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, step := range []func() error{
		func() error { return f.RenameMailbox(ctx, "Box", "Other") },
		func() error { return f.DeleteMailbox(ctx, "Other") },
	} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
	f.sameAsStored()
	if err := f.store.RemoveAccount(ctx, f.ID()); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestNoSpace(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{`\Deleted`}, messages(0, 3)...)
	f.engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return kv.ErrNoSpace }})
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, "x"); !errors.Is(err, restante.ErrNoSpace) {
		t.Error(err)
	}
	f.engine.Inject(memkv.Faults{})
	f.append(f.inbox, nil, "y")
	f.sameAsStored()
}
