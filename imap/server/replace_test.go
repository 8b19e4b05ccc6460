package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestReplaceElsewhere holds that of a message and the one that replaces it in another
// account one is always left, whatever became of the commit that the old one goes with.
func TestReplaceElsewhere(t *testing.T) {
	down := errors.New("the store is down")
	for _, c := range []struct {
		name     string
		written  bool // the commit is, though the store does not say so
		err      error
		answer   string
		old, new string
	}{
		{"gone all the same", true, down, "a OK ", "0", "1"},
		{"in doubt", false, down, "a NO [UNAVAILABLE] The new message is there, and perhaps the old one too", "1", "1"},
		{"full", false, kv.ErrNoSpace, "a NO [UNAVAILABLE] ", "1", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, hostOptions{})
			alice, bob := h.login(t, "alice"), h.login(t, "bob")
			alice.do("a CREATE Box")
			alice.do("a SETACL Box bob lrik")
			bob.do("a APPEND INBOX {3+}\r\nold")
			bob.do("a SELECT INBOX")
			a, err := h.account("bob")
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			partition := kv.Partition(a.ID())
			lost := false
			commit := func(_ context.Context, commit memkv.Commit) error {
				if commit.Partition != partition || len(commit.Batch.Ops()) == 1 { // not that bob is a guest
					return nil
				}
				lost = true
				return c.err
			}
			f := memkv.Faults{Read: func(p kv.Partition, key []byte) error {
				if p != partition || key != nil || !lost {
					return nil
				}
				lost = false
				return down
			}}
			if c.written {
				f.AfterCommit = commit
			} else {
				f.BeforeCommit = commit
			}
			h.kv.Inject(f)
			if _, answer := bob.try("a REPLACE 1 \"Other Users/alice/Box\" {3+}\r\nnew"); !strings.HasPrefix(answer, c.answer) {
				t.Error(answer)
			}
			h.kv.Inject(memkv.Faults{})
			for mailbox, want := range map[string]string{"INBOX": c.old, `"Other Users/alice/Box"`: c.new} {
				if got := bob.do("a STATUS " + mailbox + " (MESSAGES)"); !strings.Contains(strings.Join(got, "\n"), "(MESSAGES "+want+")") {
					t.Errorf("%q, want %s", got, want)
				}
			}
		})
	}
}
