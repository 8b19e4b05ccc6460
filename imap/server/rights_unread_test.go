package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestRightsUnread: a command is refused while it cannot be known whether the user is
// still in the group that has rights, and not done unchecked.
func TestRightsUnread(t *testing.T) {
	engine := memkv.New()
	h := newHost(t, hostOptions{engine: engine})
	owner, guest := h.login(t, "alice"), h.login(t, "bob")
	if err := h.deliver("alice", "INBOX", "Subject: x\r\n\r\nx\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := h.group("readers", "bob"); err != nil {
		t.Fatal(err)
	}
	owner.do("a SETACL INBOX group:readers lr")
	owner.do("a SELECT INBOX")
	owner.do(`a STORE 1 +FLAGS (\Deleted)`)
	guest.do(`s SELECT "Other Users/alice/INBOX"`)
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if err := h.users.Leave(context.Background(), "bob", "readers"); err != nil {
		t.Fatal(err)
	}
	b, err := h.account("bob")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	alices, bobs := kv.Partition(a.ID()), kv.Partition(b.ID())
	engine.Inject(memkv.Faults{Read: func(p kv.Partition, _ []byte) error {
		if p != alices && p != bobs {
			return errors.New("broken")
		}
		return nil
	}})
	_, answer := guest.try("e EXPUNGE")
	engine.Inject(memkv.Faults{})
	if !strings.HasPrefix(answer, "e NO ") {
		t.Error(answer)
	}
	if lines := owner.do("b SEARCH ALL"); len(lines) != 1 || lines[0] != "* SEARCH 1" {
		t.Errorf("%q", lines)
	}
}
