package mailstore

import (
	"errors"
	"testing"

	"github.com/restante/restante"
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
