package server

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestStoreUnread: a guest's STORE that is done, and whose outcome cannot be read at that
// moment, is answered OK, for after NO he would do it again. What changed is told later.
func TestStoreUnread(t *testing.T) {
	backing := memkv.NewBacking()
	engine := backing.Open()
	h, other := newHost(t, hostOptions{engine: engine}), newHost(t, hostOptions{engine: backing.Open()})
	owner := h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: x\r\n\r\nx\r\n"); err != nil {
		t.Fatal(err)
	}
	owner.do("a SETACL INBOX anyone lrsw")
	guest, first := h.login(t, "bob"), other.login(t, "carol")
	for _, c := range []*client{guest, first} {
		c.do(`s SELECT "Other Users/alice/INBOX"`)
	}
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	alices := kv.Partition(a.ID())
	var met, down atomic.Bool
	engine.Inject(memkv.Faults{
		// Another guest is first, so that what this one has seen is to be read again.
		BeforeCommit: func(_ context.Context, c memkv.Commit) error {
			if c.Partition == alices && !met.Swap(true) {
				first.do(`b STORE 1 +FLAGS (\Seen)`)
			}
			return nil
		},
		AfterCommit: func(_ context.Context, c memkv.Commit) error {
			if c.Partition == alices {
				down.Store(true)
			}
			return nil
		},
		Read: func(kv.Partition, []byte) error {
			if down.Load() {
				return errors.New("broken")
			}
			return nil
		},
	})
	lines, answer := guest.try(`c STORE 1 +FLAGS (\Flagged)`)
	engine.Inject(memkv.Faults{})
	if answer != "c OK STORE completed" || !met.Load() || !down.Load() {
		t.Errorf("%q, %s", lines, answer)
	}
	if all := strings.Join(guest.do("d NOOP"), "\n"); !strings.Contains(all, `* 1 FETCH (FLAGS (\Flagged`) {
		t.Errorf("what was stored is not told: %q", all)
	}
}
