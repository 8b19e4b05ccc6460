package lmtp_test

import (
	"sync/atomic"
	"testing"

	"github.com/restante/restante/notify"
)

// TestTakenAway: a message that has two mailboxes of one user to go to is in the second
// one even if a client takes it out of the first as soon as it is there.
func TestTakenAway(t *testing.T) {
	s := newSite(t)
	alice, err := s.users.Lookup(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.store.Account(t.Context(), alice.Account)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if _, err := a.CreateMailbox(t.Context(), "lists", nil); err != nil {
		t.Fatal(err)
	}
	inbox := a.State().MailboxByName("INBOX").ID
	var taken atomic.Bool
	cancel := a.Subscribe(func(notify.Event) {
		if taken.CompareAndSwap(false, true) {
			if _, err := a.Remove(t.Context(), inbox, 1); err != nil {
				t.Error(err)
			}
		}
	})
	defer cancel()
	c := s.talk()
	c.say("MAIL FROM:<x@example.org>", "250")
	c.say("RCPT TO:<alice@example.com>", "250")
	c.say("RCPT TO:<alice+lists@example.com>", "250")
	c.say("DATA", "354")
	c.say("Subject: x\r\n\r\nx\r\n.", "250")
	c.hear("250")
	for mailbox, want := range map[string]uint32{"INBOX": 0, "lists": 1} {
		if n := a.State().MailboxByName(mailbox).Messages; n != want {
			t.Errorf("%s has %d messages, want %d", mailbox, n, want)
		}
	}
}
