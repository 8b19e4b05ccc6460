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
