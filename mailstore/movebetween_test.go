package mailstore

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestMoveBetweenFails has messages arrive in another account and then fails to remove
// them from where they were. They are moved or unaffected where that is certain, else
// they are in both and the error says so; they are never in neither.
func TestMoveBetweenFails(t *testing.T) {
	down := errors.New("the store is down")
	for _, c := range []struct {
		name      string
		before    error // of commits in the source
		after     error
		fails     int // so many of them
		unread    bool
		err       error // that is answered
		here, new uint32
	}{
		{name: "once", before: down, fails: 1, here: 1, new: 2},
		{name: "once, full", before: kv.ErrNoSpace, fails: 1, here: 1, new: 2},
		{name: "gone all the same", after: down, fails: 1, unread: true, here: 1, new: 2},
		{name: "in doubt", before: down, fails: 2, err: ErrInBoth, here: 3, new: 2},
		{name: "full", before: kv.ErrNoSpace, fails: 2, err: restante.ErrNoSpace, here: 3, new: 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := memkv.New()
			f := newFixture(t, Options{KV: engine})
			f.append(f.inbox, nil, messages(0, 3)...)
			id, err := f.store.CreateAccount(t.Context(), "bob")
			if err != nil {
				t.Fatal(err)
			}
			bob := openAccount(t, f.store, id)
			to := Destination{Account: bob, Mailbox: bob.State().MailboxByName("INBOX").ID, Rights: AllRights}
			failed, unread := 0, false
			fail := func(err error) func(context.Context, memkv.Commit) error {
				return func(_ context.Context, commit memkv.Commit) error {
					if err == nil || commit.Partition != f.partition() || failed == c.fails {
						return nil
					}
					failed, unread = failed+1, c.unread
					return err
				}
			}
			engine.Inject(memkv.Faults{BeforeCommit: fail(c.before), AfterCommit: fail(c.after), Read: func(p kv.Partition, key []byte) error {
				if p != f.partition() || key != nil || !unread {
					return nil
				}
				unread = false // the next look finds it
				return down
			}})
			r, err := f.MoveTo(t.Context(), f.inbox, uids(1, 2), to)
			engine.Inject(memkv.Faults{})
			if !errors.Is(err, c.err) || failed != c.fails {
				t.Errorf("%v after %d failures", err, failed)
			}
			if (err == nil || errors.Is(err, ErrInBoth)) && (r.From.Count() != 2 || r.To.Count() != 2) {
				t.Errorf("from %v to %v", r.From, r.To)
			}
			if errors.Is(err, ErrInBoth) != (c.err == ErrInBoth) {
				t.Errorf("%v", err)
			}
			if here, there := f.State().Mailbox(f.inbox).Messages, bob.State().Mailbox(to.Mailbox).Messages; here != c.here || there != c.new {
				t.Errorf("%d messages here and %d there", here, there)
			}
			if r, err := f.store.Check(t.Context(), CheckOptions{}); err != nil || !r.Clean() {
				t.Errorf("%+v, %v", r.Findings, err)
			}
		})
	}
}
