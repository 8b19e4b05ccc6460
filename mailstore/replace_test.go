package mailstore

import (
	"errors"
	"fmt"
	"testing"

	"github.com/restante/restante"
)

// TestReplace holds that a message comes and another goes by one commit, within
// one mailbox and between two, and that a failure changes nothing.
func TestReplace(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{Quota: Quota{Messages: 3}}})
	inbox := f.State().MailboxByName("INBOX").ID
	sent := f.create("Sent").ID
	f.append(inbox, nil, messages(1, 4)...)
	replace := func(from, to restante.MailboxID, uid restante.UID) (AppendResult, error) {
		t.Helper()
		p := f.BeginAppend(t.Context())
		defer p.Abort()
		if err := p.Replace(t.Context(), from, uid); err != nil {
			return AppendResult{}, err
		}
		w, err := p.Message(NewMessage{Size: 20})
		if err != nil {
			return AppendResult{}, err
		}
		fmt.Fprint(w, "Subject: new\r\n\r\ntext\r\n")
		return p.Commit(t.Context(), to)
	}
	before := f.State().ModSeq()
	r, err := replace(inbox, inbox, 2)
	if err != nil || r.First != 4 || r.Source != r.Snapshot || r.Snapshot.Len() != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := f.State().ModSeq(); got != before+1 {
		t.Errorf("%d commits", got-before)
	}
	if gone, err := f.Vanished(t.Context(), inbox, before); err != nil || len(gone) != 1 || gone[0].First != 2 {
		t.Errorf("vanished %v, %v", gone, err)
	}
	if r, err = replace(inbox, sent, 4); err != nil || r.First != 1 || r.Source.Len() != 2 || r.Snapshot.Len() != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := replace(inbox, sent, 4); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("gone: %v", err)
	}
	if _, err := replace(inbox, 999, 1); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("no target: %v", err)
	}
	if n := f.snapshot(inbox).Len(); n != 2 {
		t.Errorf("a failure left %d messages", n)
	}
	if r, err := f.Remove(t.Context(), inbox, 1); err != nil || r.Snapshot.Len() != 1 {
		t.Errorf("remove: %+v, %v", r, err)
	}
	if _, err := f.Remove(t.Context(), inbox, 1); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("removed twice: %v", err)
	}
}
