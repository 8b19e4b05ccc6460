package mailstore

import (
	"testing"

	"github.com/restante/restante"
)

// TestSeenOnNodes: what a viewer marks as seen on one node is seen on the other, by
// him alone.
func TestSeenOnNodes(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 300)...)
	g := f.node()
	const viewer = restante.FirstAccountID + 1000
	here, there := f.As(viewer), g.As(viewer)
	unseen := func(a *Account) uint32 {
		t.Helper()
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		snap, err := a.Snapshot(t.Context(), f.inbox)
		if err != nil {
			t.Fatal(err)
		}
		return snap.Mailbox().Unseen
	}
	store := func(a *Account, first, last restante.UID, op FlagOp) {
		t.Helper()
		if _, err := a.StoreFlags(t.Context(), f.inbox, uids(first, last), op, []string{`\Seen`}, nil); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(viewers, owners uint32) {
		t.Helper()
		for _, a := range []*Account{here, there} {
			if got := unseen(a); got != viewers {
				t.Errorf("%d unseen, want %d", got, viewers)
			}
		}
		for _, a := range []*Account{f.Account, g.Account} {
			if got := unseen(a); got != owners {
				t.Errorf("%d unseen by the owner, want %d", got, owners)
			}
		}
	}
	expect(300, 300)
	store(here, 1, 100, AddFlags)
	expect(200, 300)
	store(there, 50, 260, AddFlags) // over what the other node wrote
	expect(40, 300)
	store(g.Account, 1, 300, AddFlags)
	store(here, 10, 19, RemoveFlags)
	expect(50, 0)
}
