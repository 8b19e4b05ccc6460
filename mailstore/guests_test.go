package mailstore

import (
	"errors"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// guest makes a second account that leaves everything a viewer can in the fixture's.
func (f *fixture) guest() restante.AccountID {
	f.t.Helper()
	bob, err := f.store.CreateAccount(f.t.Context(), "bob")
	if err != nil {
		f.t.Fatal(err)
	}
	f.append(f.inbox, nil, messages(0, 3)...)
	here := f.As(bob)
	if _, err := here.StoreFlags(f.t.Context(), f.inbox, uids(1, 2), AddFlags, []string{`\Seen`}, nil); err != nil {
		f.t.Fatal(err)
	}
	private := []Annotation{{Entry: "/comment", Private: true, Value: []byte("mine")}}
	if _, err := here.Annotate(f.t.Context(), f.inbox, uids(1, 3), private, nil); err != nil {
		f.t.Fatal(err)
	}
	for _, p := range []MetadataPlace{{Mailbox: f.inbox, User: bob}, {User: bob}} {
		if _, err := f.SetMetadata(f.t.Context(), p, []MetadataChange{{Name: "/private/comment", Value: []byte("note")}}); err != nil {
			f.t.Fatal(err)
		}
	}
	return bob
}

// left counts the rows that an account has of a guest, and of his notes.
func (f *fixture) left(of restante.AccountID) (rows, notes int) {
	f.t.Helper()
	count := func(p kv.Partition, match func(key []byte) bool) (n int) {
		snap, err := f.store.kv.Snapshot(f.t.Context(), p)
		if err != nil {
			f.t.Fatal(err)
		}
		defer snap.Close()
		it := snap.Scan(nil, nil)
		for it.Next() {
			if match(it.Key()) {
				n++
			}
		}
		if err := it.Close(); err != nil {
			f.t.Fatal(err)
		}
		return n
	}
	rows = count(f.partition(), func(key []byte) bool {
		switch key[0] {
		case kindSeen:
			return viewerIn(key) == of
		case kindAnnotation:
			_, id, _ := splitAnnotationKey(key)
			return id.of == of
		case kindMetadata:
			_, who, _, _ := splitMetadataKey(key)
			return who == of
		}
		return false
	})
	return rows, count(kv.Partition(of), func(key []byte) bool { return key[0] == kindGuest })
}

// clean fails unless nothing is left of a guest.
func (f *fixture) clean(of restante.AccountID) {
	f.t.Helper()
	if rows, notes := f.left(of); rows != 0 || notes != 0 {
		f.t.Errorf("%d rows and %d notes are left", rows, notes)
	}
	if u := f.State().Usage(); u.Annotations != 0 || u.Metadata != 0 {
		f.t.Errorf("the account still holds %d octets of annotations and %d of metadata", u.Annotations, u.Metadata)
	}
	if mb := f.State().Mailbox(f.inbox); mb.annotationRows != 0 || mb.annotationGuests != 0 {
		f.t.Errorf("the mailbox still counts %d annotations, %d octets", mb.annotationRows, mb.annotationGuests)
	}
}

// TestRemoveGuest: an account that is removed leaves nothing in others.
func TestRemoveGuest(t *testing.T) {
	f := newFixture(t, Options{})
	bob := f.guest()
	if rows, notes := f.left(bob); rows != 6 || notes != 1 {
		t.Fatalf("%d rows and %d notes, want 6 and 1", rows, notes)
	}
	if err := f.store.RemoveAccount(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	f.clean(bob)
	// Whoever still has the mailbox open leaves nothing new.
	if _, err := f.As(bob).StoreFlags(t.Context(), f.inbox, uids(1, 1), AddFlags, []string{`\Seen`}, nil); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("a removed user stores flags: %v", err)
	}
	p := f.As(bob).BeginAppend(t.Context())
	defer p.Abort()
	w, err := p.Message(NewMessage{Flags: []string{`\Seen`}, Size: 4})
	if err == nil {
		_, err = w.Write([]byte("\r\n\r\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(t.Context(), f.inbox); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("a removed user appends: %v", err)
	}
	f.clean(bob)
}

// TestRemoveGuestInterrupted: what is left where a removal stopped half way is found
// by a check and removed by a repair, or when the name is given again.
func TestRemoveGuestInterrupted(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *fixture, restante.AccountID){
		"repair": func(t *testing.T, f *fixture, bob restante.AccountID) {
			report, err := f.store.Repair(t.Context(), RepairOptions{})
			if err != nil || !report.Clean() {
				t.Fatal(report, err)
			}
		},
		"repair of the host alone": func(t *testing.T, f *fixture, bob restante.AccountID) {
			o := RepairOptions{CheckOptions: CheckOptions{Accounts: []restante.AccountID{f.ID()}}}
			report, err := f.store.Repair(t.Context(), o)
			if err != nil || !report.Clean() {
				t.Fatal(report, err)
			}
			if err := f.store.forgetGuest(t.Context(), bob); err != nil {
				t.Fatal(err)
			}
		},
		"the name again": func(t *testing.T, f *fixture, bob restante.AccountID) {
			if _, err := f.store.ReplaceAccount(t.Context(), "bob", bob); err != nil {
				t.Fatal(err)
			}
		},
		"removal again": func(t *testing.T, f *fixture, bob restante.AccountID) {
			if err := f.store.RemoveAccount(t.Context(), bob); !errors.Is(err, restante.ErrNotFound) {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			bob := f.guest()
			a, err := f.store.Account(t.Context(), bob)
			if err != nil {
				t.Fatal(err)
			}
			err = a.remove(t.Context())
			a.Release()
			if err != nil {
				t.Fatal(err)
			}
			report, err := f.store.Check(t.Context(), CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			guests := slices.DeleteFunc(report.Findings, func(x Finding) bool { return x.Kind != FindGuest })
			if len(guests) != 7 || len(report.Findings) < 7 {
				t.Errorf("%d findings, want 7: %v", len(guests), report.Findings)
			}
			end(t, f, bob)
			f.clean(bob)
			if report, err := f.store.Check(t.Context(), CheckOptions{}); err != nil || len(report.Findings) > 0 {
				t.Error(report, err)
			}
		})
	}
}

// TestDeadURLKeys: keys for mailboxes that others have deleted make room for new ones.
func TestDeadURLKeys(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{URLKeys: 2}})
	id, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	bob := openAccount(t, f.store, id)
	for _, name := range []string{"a", "b"} {
		mb, err := f.CreateMailbox(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bob.MakeURLKey(t.Context(), URLKeyPlace{Owner: f.ID(), Mailbox: mb.ID}, false); err != nil {
			t.Fatal(err)
		}
	}
	third := URLKeyPlace{Owner: f.ID(), Mailbox: f.inbox}
	if _, err := bob.MakeURLKey(t.Context(), third, false); !errors.Is(err, restante.ErrLimit) {
		t.Fatal("more keys than there may be:", err)
	}
	dead := URLKeyPlace{Owner: f.ID(), Mailbox: f.State().MailboxByName("a").ID}
	if err := f.DeleteMailbox(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.MakeURLKey(t.Context(), third, false); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.URLKey(t.Context(), dead); !errors.Is(err, restante.ErrNotFound) {
		t.Error("the key of a deleted mailbox is still there:", err)
	}
}
