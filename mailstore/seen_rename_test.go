package mailstore

import (
	"slices"
	"testing"

	"github.com/restante/restante"
)

// TestRenameInboxKeepsSeen: what others have read of INBOX they have read of the
// mailbox that its messages move to, which has its list.
func TestRenameInboxKeepsSeen(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 600)...)
	const bob, carol = restante.FirstAccountID + 1000, restante.FirstAccountID + 1001
	mark := func(viewer restante.AccountID, first, last restante.UID) {
		t.Helper()
		if _, err := f.As(viewer).StoreFlags(t.Context(), f.inbox, uids(first, last), AddFlags, []string{`\Seen`}, nil); err != nil {
			t.Fatal(err)
		}
	}
	mark(bob, 100, 400)
	mark(carol, 600, 600)
	list := ACL{{Identifier: "bob", Rights: RightLookup | RightRead | RightSeen}}
	if err := f.SetACL(t.Context(), f.inbox, func(ACL, bool) (ACL, error) { return list, nil }); err != nil {
		t.Fatal(err)
	}
	// Two messages less, so that the UIDs in the new mailbox are others.
	if _, err := f.Remove(t.Context(), f.inbox, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Remove(t.Context(), f.inbox, 200); err != nil {
		t.Fatal(err)
	}
	if err := f.RenameMailbox(t.Context(), "INBOX", "Old"); err != nil {
		t.Fatal(err)
	}
	old := f.State().MailboxByName("Old")
	if got, _ := f.State().ACL(old.ID); !slices.Equal(got, list) {
		t.Errorf("list %v", got)
	}
	f.append(f.inbox, nil, message1(700))
	g := f.node() // what is written, not only what is held
	for viewer, seen := range map[restante.AccountID][]restante.UID{0: nil, bob: {99, 398}, carol: {598, 598}} {
		for _, a := range []*Account{f.As(viewer), g.As(viewer)} {
			snap, err := a.Snapshot(t.Context(), old.ID)
			if err != nil {
				t.Fatal(err)
			}
			for seq := 1; seq <= snap.Len(); seq++ {
				m := snap.At(seq)
				want := seen != nil && m.UID >= seen[0] && m.UID <= seen[1]
				if got := snap.Flags().Set(m.FlagSet).System&Seen != 0; got != want {
					t.Fatalf("viewer %d, UID %d: seen is %v", viewer, m.UID, got)
				}
			}
			if snap, err = a.Snapshot(t.Context(), f.inbox); err != nil || snap.Mailbox().Unseen != 1 {
				t.Error(snap.Mailbox().Unseen, err)
			}
		}
	}
}

// TestSeenGoesWithMessages: of blocks that no message is left of nothing is kept.
func TestSeenGoesWithMessages(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 1000)...)
	const bob = restante.FirstAccountID + 1000
	rows := func() (n int) {
		t.Helper()
		snap, err := f.engine.Snapshot(t.Context(), f.partition())
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		it := snap.Scan(allSeenRange(f.inbox))
		for it.Next() {
			n++
		}
		if err := it.Close(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, viewer := range []restante.AccountID{bob, bob + 1} {
		if _, err := f.As(viewer).StoreFlags(t.Context(), f.inbox, uids(1, 1000), AddFlags, []string{`\Seen`}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		first, last restante.UID
		rows        int
	}{{1, 254, 8}, {255, 255, 6}, {500, 700, 6}, {256, 499, 4}, {701, 999, 2}, {1000, 1000, 0}} {
		if _, err := f.StoreFlags(t.Context(), f.inbox, uids(c.first, c.last), AddFlags, []string{`\Deleted`}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
			t.Fatal(err)
		}
		if got := rows(); got != c.rows {
			t.Errorf("after %d:%d went %d rows, want %d", c.first, c.last, got, c.rows)
		}
	}
	f.append(f.inbox, nil, message1(2000))
	if _, err := f.As(bob).StoreFlags(t.Context(), f.inbox, uids(1001, 1001), AddFlags, []string{`\Seen`}, nil); err != nil {
		t.Fatal(err)
	}
	if got := rows(); got != 1 {
		t.Errorf("%d rows", got)
	}
}
