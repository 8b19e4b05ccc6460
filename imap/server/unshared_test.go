package server

import (
	"fmt"
	"slices"
	"testing"

	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
)

// TestSharingCostsOthersNothing holds that an account that shares nothing and that
// nothing is shared with asks the engine the same, to the row, whether others of the
// server share mailboxes or not, and how often that is: each question is a round trip to
// an engine that is elsewhere.
func TestSharingCostsOthersNothing(t *testing.T) {
	alone, among := unsharedCosts(t, false), unsharedCosts(t, true)
	for i, want := range []struct {
		what      string
		questions int
	}{
		{"LOGIN", 1}, {"LIST", 1}, {"LIST again", 1}, {"SELECT", 2}, {"APPEND", 1}, {"delivery while in IDLE", 4},
		{"STORE", 2}, {"FETCH FLAGS", 1}, {"STATUS", 1}, {"EXPUNGE", 4}, {"NOOP", 1},
	} {
		a, b := alone[i], among[i]
		if a.what != want.what || a.count.String() != b.count.String() {
			t.Errorf("%s:\nwhere nobody shares: %s: %v\nwhere others share:  %s: %v", want.what, a.what, a.count, b.what, b.count)
		}
		if n := a.count.Questions(); n != want.questions {
			t.Errorf("%s: %d questions, not %d: %v", want.what, n, want.questions, a.count)
		}
	}
}

type costOf struct {
	what  string
	count countkv.Count
}

// unsharedCosts gives what common commands of an account ask the engine.
func unsharedCosts(t *testing.T, othersShare bool) (costs []costOf) {
	engine := countkv.New(memkv.New())
	h := newHost(t, hostOptions{engine: engine})
	for _, user := range []string{"eve", "alice", "bob", "carol@there.example"} {
		h.login(t, user).do("a CREATE Box")
	}
	if othersShare {
		a := h.login(t, "alice")
		a.do("a SETACL INBOX bob lrs")
		a.do("a SETACL Box $team lrs")
		h.login(t, "carol@there.example").do("a SETACL Box anyone lr") // in a domain of her own
		if err := h.group("team", "bob"); err != nil {
			t.Fatal(err)
		}
		if err := h.public("News", "bob", "lr"); err != nil {
			t.Fatal(err)
		}
		b := h.login(t, "bob")
		b.do(`b SELECT "Other Users/alice/INBOX"`)
		b.do(`b NOTIFY SET (subtree "Other Users" (MessageNew MessageExpunge))`)
	}
	engine.Take()
	took := func(what string) { costs = append(costs, costOf{what, engine.Take()}) }
	c := h.login(t, "eve")
	took("LOGIN")
	for _, step := range []struct{ what, command string }{
		{"LIST", `a LIST "" "*"`}, {"LIST again", `a LIST "" "*"`}, {"SELECT", "a SELECT INBOX"},
		{"APPEND", fmt.Sprintf("a APPEND INBOX {%d+}\r\n%s", len(letter(1)), letter(1))},
	} {
		c.do(step.command)
		took(step.what)
	}
	c.send("i IDLE\r\n")
	c.expect("+ ")
	engine.Take()
	if err := h.deliver("eve", "INBOX", letter(2)); err != nil {
		t.Fatal(err)
	}
	c.expect("* 2 EXISTS")
	c.send("DONE\r\n")
	for line := c.line(); line != "i OK IDLE completed"; line = c.line() {
		if !slices.Contains([]string{"* 1 RECENT", "* 2 RECENT", "* 0 RECENT"}, line) {
			t.Fatalf("after DONE: %s", line)
		}
	}
	took("delivery while in IDLE")
	for _, step := range []struct{ what, command string }{
		{"STORE", `a STORE 1 +FLAGS (\Deleted)`}, {"FETCH FLAGS", "a FETCH 1:* (FLAGS)"}, {"STATUS", "a STATUS Box (MESSAGES)"},
		{"EXPUNGE", "a EXPUNGE"}, {"NOOP", "a NOOP"},
	} {
		c.do(step.command)
		took(step.what)
	}
	return costs
}
