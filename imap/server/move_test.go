package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// noCommits has all commits to an account fail.
func noCommits(a *mailstore.Account) memkv.Faults {
	return memkv.Faults{BeforeCommit: func(_ context.Context, c memkv.Commit) error {
		if c.Partition == kv.Partition(a.ID()) {
			return errors.New("the store is down")
		}
		return nil
	}}
}

// TestMoveCopiedOnly moves a message into another account, where it arrives, and fails to
// remove it: the client is told of the copy, and that the move is not done.
func TestMoveCopiedOnly(t *testing.T) {
	h := newHost(t, hostOptions{})
	alice, bob := h.login(t, "alice"), h.login(t, "bob")
	alice.do("a CREATE Box")
	alice.do("a SETACL Box bob lri")
	bob.do("a APPEND INBOX {3+}\r\nold")
	bob.do("a SELECT INBOX")
	bob.do("a COPY 1 \"Other Users/alice/Box\"") // so that it is noted that bob is a guest
	a, err := h.account("bob")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	h.kv.Inject(noCommits(a))
	lines, answer := bob.try("b MOVE 1 \"Other Users/alice/Box\"")
	h.kv.Inject(memkv.Faults{})
	if !slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "* OK [COPYUID ") && strings.HasSuffix(l, " 1 2] Copied")
	}) ||
		answer != "b NO [UNAVAILABLE] The messages were copied, but perhaps not removed from this mailbox" {
		t.Errorf("%q %q", lines, answer)
	}
	for mailbox, want := range map[string]string{"INBOX": "1", `"Other Users/alice/Box"`: "2"} {
		if got := bob.do("a STATUS " + mailbox + " (MESSAGES)"); !strings.Contains(strings.Join(got, "\n"), "(MESSAGES "+want+")") {
			t.Errorf("%q, want %s", got, want)
		}
	}
}

// TestMoveToOutboxCopiedOnly moves somebody else's message into the outbox, where it arrives, and
// fails to remove it: the client is told of the copy, which is not sent.
func TestMoveToOutboxCopiedOnly(t *testing.T) {
	relay, address := startRelay(t)
	h := newHost(t, hostOptions{relay: address})
	alice, bob := h.login(t, "alice"), h.login(t, "bob")
	alice.do("a CREATE Box")
	alice.do("a SETACL Box bob lrte")
	alice.do("a APPEND Box {3+}\r\nnew")
	bob.do("a CREATE Outbox")
	bob.do("a SELECT \"Other Users/alice/Box\"")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	h.kv.Inject(noCommits(a))
	lines, answer := bob.try("b MOVE 1 Outbox")
	h.kv.Inject(memkv.Faults{})
	if !slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "* OK [COPYUID ") && strings.HasSuffix(l, " 1 1] Copied")
	}) ||
		answer != "b NO [UNAVAILABLE] The messages were copied, but perhaps not removed from this mailbox" {
		t.Errorf("%q %q", lines, answer)
	}
	if got := bob.do("a STATUS Outbox (MESSAGES)"); !strings.Contains(strings.Join(got, "\n"), "(MESSAGES 1)") {
		t.Errorf("%q", got)
	}
	relay.mu.Lock()
	defer relay.mu.Unlock()
	if len(relay.taken) > 0 {
		t.Errorf("sent %q", relay.taken)
	}
}
