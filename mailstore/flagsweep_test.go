package mailstore

import (
	"errors"
	"fmt"
	"testing"

	"github.com/restante/restante"
)

// flagsOf are the flags of a message as they are shown.
func flagsOf(s *Snapshot, uid restante.UID) string {
	seq, ok := s.SeqOf(uid)
	if !ok {
		return "(gone)"
	}
	set := s.Flags().Set(s.At(seq).FlagSet)
	if set == nil {
		return "(no set)"
	}
	return string(set.Wire)
}

// store1 changes the flags of one message.
func (f *fixture) store1(mb restante.MailboxID, uid restante.UID, op FlagOp, flags ...string) {
	f.t.Helper()
	if _, err := f.StoreFlags(f.t.Context(), mb, uids(uid, uid), op, flags, nil); err != nil {
		f.t.Fatal(err)
	}
}

// TestFlagSweep uses keywords, one after the other, many times as many as an
// account may have at a time.
func TestFlagSweep(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{Keywords: 5}})
	other := f.create("Other").ID
	f.append(f.inbox, []string{"kept"}, messages(0, 3)...)
	f.append(other, []string{`\Seen`, "elsewhere"}, message1(3))
	g := f.node()
	g.snapshot(g.inbox)
	var held []*Snapshot
	for i := range 40 {
		word := fmt.Sprint("word", i)
		if i%4 == 3 {
			f.append(f.inbox, []string{word}, message1(i+10))
			last := f.snapshot(f.inbox).Last()
			f.store1(f.inbox, last, AddFlags, `\Deleted`)
			if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
				t.Fatal(err)
			}
		} else {
			f.store1(f.inbox, 1, ReplaceFlags, word)
		}
		held = append(held, f.snapshot(f.inbox))
		f.clock = f.clock.Add(2 * sweepEvery)
	}
	for i, s := range held {
		want := fmt.Sprint("word", i)
		if i%4 == 3 {
			want = fmt.Sprint("word", i-1)
		}
		if got := flagsOf(s, 1); got != want || flagsOf(s, 2) != "kept" {
			t.Errorf("snapshot %d shows %s and %s now", i, got, flagsOf(s, 2))
		}
	}
	if n := len(f.State().Flags().Keywords()); n > 5 {
		t.Errorf("%d keywords", n)
	}
	// A node that has not looked since then, and one that starts.
	if err := g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*fixture{g, f.node()} {
		if got := flagsOf(n.snapshot(n.inbox), 1); got != "word38" || flagsOf(n.snapshot(n.inbox), 3) != "kept" {
			t.Errorf("another node shows %s", got)
		}
		if got := flagsOf(n.snapshot(other), 1); got != `\Seen elsewhere` {
			t.Errorf("another node shows %s in a mailbox that was not open", got)
		}
	}
	// The nodes go on in turn.
	for i := range 8 {
		n := []*fixture{f, g}[i%2]
		n.store1(n.inbox, 1, ReplaceFlags, fmt.Sprint("more", i))
	}
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := flagsOf(f.snapshot(f.inbox), 1); got != "more7" {
		t.Errorf("after turns %s", got)
	}
}

// TestFlagSweepFull asks for more keywords than there may be, all in use.
func TestFlagSweepFull(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{Keywords: 4}})
	f.append(f.inbox, nil, messages(0, 6)...)
	for i := range restante.UID(4) {
		f.store1(f.inbox, i+1, AddFlags, fmt.Sprint("word", i))
	}
	refused := func() {
		t.Helper()
		if _, err := f.StoreFlags(t.Context(), f.inbox, uids(6, 6), AddFlags, []string{"fifth"}, nil); !errors.Is(err, restante.ErrLimit) {
			t.Errorf("a fifth keyword: %v", err)
		}
	}
	if !f.State().Flags().HasRoom(4) {
		t.Error("there may be room until a sweep finds none")
	}
	refused()
	if f.State().Flags().HasRoom(4) {
		t.Error("there is no room")
	}
	p := f.BeginAppend(t.Context())
	if _, err := p.Message(NewMessage{Flags: []string{"fifth"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(t.Context(), f.inbox); !errors.Is(err, restante.ErrLimit) {
		t.Errorf("a fifth keyword of a new message: %v", err)
	}
	f.store1(f.inbox, 6, AddFlags, "WORD0", `\Seen`) // has no need of one
	f.store1(f.inbox, 1, RemoveFlags, "word0")
	refused() // 6 has it still
	f.store1(f.inbox, 6, RemoveFlags, "word0")
	f.clock = f.clock.Add(2 * sweepEvery)
	f.store1(f.inbox, 6, AddFlags, "fifth")
	if got := flagsOf(f.snapshot(f.inbox), 6); got != `\Seen fifth` {
		t.Error(got)
	}
}
