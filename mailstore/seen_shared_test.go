package mailstore

import (
	"slices"
	"testing"
)

// TestSharedSeen: where \\Seen is shared a viewer's is the owner's, and his private
// annotations are his own all the same.
func TestSharedSeen(t *testing.T) {
	f := newFixture(t, Options{SharedSeen: true})
	bob, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, messages(0, 3)...)
	viewer := f.As(bob)
	if _, err := viewer.StoreFlags(t.Context(), f.inbox, uids(2, 2), AddFlags, []string{`\Seen`}, nil); err != nil {
		t.Fatal(err)
	}
	private := []Annotation{{Entry: "/comment", Private: true, Value: []byte("mine")}}
	if _, err := viewer.Annotate(t.Context(), f.inbox, uids(2, 2), private, nil); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]*Account{"owner": f.Account, "viewer": viewer} {
		snap, err := a.Snapshot(t.Context(), f.inbox)
		if err != nil {
			t.Fatal(err)
		}
		if seen := snap.Flags().Set(snap.At(2).FlagSet).System&Seen != 0; !seen || snap.Mailbox().Unseen != 2 {
			t.Errorf("%s: seen %v, %d unseen", name, seen, snap.Mailbox().Unseen)
		}
		r, err := a.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		err = r.Annotations(f.inbox, 2, func(n Annotation) error {
			notes = append(notes, string(n.Value))
			return nil
		})
		r.Close()
		if want := map[string][]string{"owner": nil, "viewer": {"mine"}}[name]; err != nil || !slices.Equal(notes, want) {
			t.Errorf("%s: %q, %v", name, notes, err)
		}
	}
	if rows, _ := f.left(bob); rows != 1 {
		t.Errorf("the viewer has %d rows, want his annotation alone", rows)
	}
	if err := f.store.RemoveAccount(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	f.clean(bob)
}
