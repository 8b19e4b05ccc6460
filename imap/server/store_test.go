package server

import (
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// TestOwnStoreEcho tells a session's own silent change from what others did.
func TestOwnStoreEcho(t *testing.T) {
	names, err := mailstore.NewFlagTable(
		[]string{`\Seen`},                     // 1
		[]string{`\Seen`, `\Flagged`},         // 2
		[]string{`\Flagged`},                  // 3
		[]string{`\Seen`, `\Flagged`, "Work"}, // 4
		[]string{"Work"},                      // 5
	)
	if err != nil {
		t.Fatal(err)
	}
	const mine, other = 7, 8
	for _, c := range []struct {
		action   imap.StoreAction
		flags    []string
		from, to mailstore.FlagSetID
		modSeq   restante.ModSeq
		want     echo
	}{
		{imap.StoreAdd, []string{`\flagged`}, 1, 2, mine, echoModSeq},
		{imap.StoreAdd, []string{`\Flagged`}, 1, 2, other, echoFlags},
		{imap.StoreAdd, []string{`\Flagged`}, 1, 4, mine, echoFlags}, // somebody added Work
		{imap.StoreAdd, []string{`\Flagged`, "WORK"}, 1, 4, mine, echoModSeq},
		{imap.StoreAdd, []string{`\Flagged`}, 1, 3, mine, echoFlags}, // somebody removed \Seen
		{imap.StoreRemove, []string{`\Seen`}, 2, 3, mine, echoModSeq},
		{imap.StoreRemove, []string{"work"}, 4, 2, mine, echoModSeq},
		{imap.StoreRemove, []string{`\Flagged`, `\Seen`}, 4, 5, mine, echoModSeq},
		{imap.StoreReplace, []string{"work"}, 4, 5, mine, echoModSeq},
		{imap.StoreReplace, nil, 4, 0, mine, echoModSeq},
		{imap.StoreReplace, []string{`\Seen`}, 4, 2, mine, echoFlags},
	} {
		o := &ownStore{
			command: &command.Store{Action: c.action, Flags: c.flags, Silent: true},
			targets: &targets{ranges: []imap.NumRange{{Start: 2, Stop: 3}}},
			modSeq:  mine, op: flagOp(c.action), names: names,
		}
		change := view.Change{Seq: 2, Old: c.from, New: mailstore.MessageFlags{FlagSet: c.to}}
		change.New.ModSeq = c.modSeq
		for range 2 { // the second time from memory
			if got := o.echo(change); got != c.want {
				t.Errorf("%v %v, %d to %d: %d, want %d", c.action, c.flags, c.from, c.to, got, c.want)
			}
		}
		change.Seq = 4
		if o.echo(change) != echoFlags {
			t.Errorf("%v %v: a message that the command does not name was not told", c.action, c.flags)
		}
	}
	var none *ownStore
	if none.echo(view.Change{}) != echoFlags {
		t.Error("a change outside STORE was not told")
	}
}
