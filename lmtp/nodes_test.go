package lmtp_test

import (
	"context"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// mute is an engine of a node that hears nothing of what the others do.
type mute struct{ kv.Store }

func (mute) Watch(ctx context.Context) (<-chan kv.Change, error) {
	changes := make(chan kv.Change)
	context.AfterFunc(ctx, func() { close(changes) })
	return changes, nil
}

// TestOtherNodesChanges: deliveries go where they belong after what other nodes have
// done to accounts that this one has open.
func TestOtherNodesChanges(t *testing.T) {
	engine := memkv.New()
	s := newSiteOn(t, engine, mute{engine})
	other, err := mailstore.Open(t.Context(), mailstore.Options{KV: mute{engine.Backing().Open()}})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := func(id restante.AccountID, f func(*mailstore.Account) error) {
		t.Helper()
		a, err := other.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Release()
		if err := f(a); err != nil {
			t.Fatal(err)
		}
	}
	alice, err := s.users.Lookup(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	// The account is open here all the while.
	open, err := s.store.Account(t.Context(), alice.Account)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Release()
	c := s.talk()
	deliver := func(to, answer string) {
		t.Helper()
		c.say("MAIL FROM:<x@example.org>", "250")
		c.say("RCPT TO:<"+to+">", "250")
		c.say("DATA", "354")
		c.say("Subject: x\r\n\r\nx\r\n.", answer)
	}
	elsewhere(alice.Account, func(a *mailstore.Account) error {
		_, err := a.CreateMailbox(t.Context(), "lists", nil)
		return err
	})
	deliver("alice+lists@example.com", "250")
	if got, err := s.messages("alice@example.com", "lists"); len(got) != 1 || err != nil {
		t.Errorf("in a mailbox made elsewhere: %d messages, %v", len(got), err)
	}

	elsewhere(alice.Account, func(a *mailstore.Account) error { return a.DeleteMailbox(t.Context(), "lists") })
	deliver("alice+lists@example.com", "250")
	if got, err := s.messages("alice@example.com", "INBOX"); len(got) != 1 || err != nil {
		t.Errorf("after the mailbox was deleted elsewhere: %d messages in INBOX, %v", len(got), err)
	}

	// A quota that is full here, where room was made elsewhere.
	if err := open.SetQuota(t.Context(), mailstore.Quota{Messages: 1}); err != nil {
		t.Fatal(err)
	}
	c.say("MAIL FROM:<x@example.org>", "250")
	c.say("RCPT TO:<alice@example.com>", "452")
	c.say("RSET", "250")
	elsewhere(alice.Account, func(a *mailstore.Account) error { return a.SetQuota(t.Context(), mailstore.Quota{}) })
	deliver("alice@example.com", "250")

	// Who may post to a public mailbox.
	if err := s.share([]string{"public", "example.com", "News", "anyone", "lrp"}); err != nil {
		t.Fatal(err)
	}
	deliver("public+News@example.com", "250")
	public, err := s.users.MakePublic(t.Context(), "example.com")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := s.store.Account(t.Context(), public)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Release()
	elsewhere(public, func(a *mailstore.Account) error {
		return a.SetACL(t.Context(), a.State().MailboxByName("News").ID, func(mailstore.ACL, bool) (mailstore.ACL, error) { return nil, nil })
	})
	c.say("MAIL FROM:<x@example.org>", "250")
	c.say("RCPT TO:<public+News@example.com>", "550")
}
