package mailstore

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/restante/restante"
)

// holders is the plain answer to what Labels tells.
func (f *fixture) holders() map[restante.EmailID][]restante.MailboxID {
	held := make(map[restante.EmailID][]restante.MailboxID)
	for _, mb := range f.State().Mailboxes() {
		if mb.NoSelect {
			continue
		}
		for _, p := range f.snapshot(mb.ID).Pages() {
			for _, id := range p.EmailIDs() {
				if !slices.Contains(held[id], mb.ID) {
					held[id] = append(held[id], mb.ID)
				}
			}
		}
	}
	return held
}

// checkLabels holds the labels against the mailboxes.
func (f *fixture) checkLabels(what string) {
	f.t.Helper()
	l, err := f.Labels(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	held := f.holders()
	for id := restante.EmailID(0); id < 2000; id++ {
		want := held[id]
		slices.Sort(want)
		if got := l.Mailboxes(nil, id); !slices.Equal(got, want) {
			f.t.Fatalf("%s: %d is in %v, want %v", what, id, got, want)
		}
	}
}

// TestLabels changes an account at random and holds its labels against it, those that
// are kept and those of a node that had read nothing.
func TestLabels(t *testing.T) {
	f := newFixture(t, Options{})
	r := rand.New(rand.NewSource(1))
	boxes := []restante.MailboxID{f.inbox}
	for i := range 4 {
		boxes = append(boxes, f.create(fmt.Sprint("b", i)).ID)
	}
	f.append(f.inbox, nil, messages(0, 600)...)
	f.checkLabels("at first")
	for step := range 150 {
		src, dst := boxes[r.Intn(len(boxes))], boxes[r.Intn(len(boxes))]
		n := f.snapshot(src).Last()
		from := restante.UID(r.Intn(int(n)+1) + 1)
		set := uids(from, from+restante.UID(r.Intn(30)))
		var err error
		what := ""
		switch r.Intn(7) {
		case 0, 1:
			what = "copy"
			_, err = f.Copy(t.Context(), src, set, dst)
		case 2:
			what = "move"
			_, err = f.Move(t.Context(), src, set, dst)
		case 3:
			what = "flags"
			_, err = f.StoreFlags(t.Context(), src, set, AddFlags, []string{fmt.Sprint("k", step%5)}, nil)
		case 4:
			what = "expunge"
			if _, err = f.StoreFlags(t.Context(), src, set, AddFlags, []string{`\Deleted`}, nil); err == nil {
				_, err = f.Expunge(t.Context(), src, nil)
			}
		case 5:
			what = "append"
			f.append(src, nil, messages(1000+step, 1002+step)...)
		case 6:
			what = "labels"
			change := LabelChange{Op: FlagOp(r.Intn(3)), Archive: NewMailbox{Name: "b3"}, Alone: r.Intn(5) == 0}
			if change.Op == RemoveFlags {
				change.Alone = false
			}
			for range r.Intn(3) {
				name := f.State().Mailbox(boxes[r.Intn(len(boxes))]).Name
				change.Mailboxes = append(change.Mailboxes, LabelMailbox{NewMailbox{Name: name}, AllRights})
			}
			if len(change.Mailboxes) == 0 {
				change.Alone = false
			}
			before := f.holders()
			_, err = f.StoreLabels(t.Context(), src, set, change, nil)
			if after := f.holders(); len(after) != len(before) {
				t.Fatalf("%d: a change of labels left %d of %d contents: %+v", step, len(after), len(before), change)
			}
		}
		if err != nil {
			t.Fatal(what, err)
		}
		if step%3 == 0 {
			f.checkLabels(what)
		}
		if step%40 == 0 {
			f.node().checkLabels("a node of its own")
		}
	}
	if err := f.DeleteMailbox(t.Context(), "b0"); err != nil {
		t.Fatal(err)
	}
	f.checkLabels("deleted")
}

func TestStoreLabels(t *testing.T) {
	f := newFixture(t, Options{})
	work := f.create("work").ID
	f.append(f.inbox, []string{`\Seen`}, messages(0, 3)...)
	label := func(names ...string) (list []LabelMailbox) {
		for _, n := range names {
			list = append(list, LabelMailbox{NewMailbox{Name: n}, AllRights})
		}
		return list
	}
	archive := NewMailbox{Name: "Archive", SpecialUse: []string{`\Archive`}}
	store := func(mb restante.MailboxID, set UIDSet, c LabelChange, condition *Unchanged) LabelResult {
		t.Helper()
		c.Archive = archive
		r, err := f.StoreLabels(t.Context(), mb, set, c, condition)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	inboxAt := f.State().Mailbox(f.inbox).HighestModSeq

	// Added, with the flags that they have afterwards; the mailbox is made.
	r := store(f.inbox, uids(1, 2), LabelChange{Op: AddFlags, Mailboxes: label("work", "new/box"), Flags: []string{`\Flagged`}}, nil)
	if got := f.show(work); got != `1(\Flagged \Seen) 2(\Flagged \Seen)` {
		t.Error(got)
	}
	if f.State().MailboxByName("new/box").Messages != 2 || r.ModSeq <= inboxAt || r.Snapshot.At(1).ModSeq != r.ModSeq || r.Snapshot.At(3).ModSeq == r.ModSeq {
		t.Errorf("%+v", r)
	}

	// Again: nothing changes.
	if r := store(f.inbox, uids(1, 2), LabelChange{Op: AddFlags, Mailboxes: label("work", "INBOX"), Flags: []string{`\Flagged`}}, nil); r.ModSeq != 0 {
		t.Errorf("%+v", r)
	}

	// Named twice, and made by the first: one copy of each.
	store(f.inbox, uids(1, 2), LabelChange{Op: AddFlags, Mailboxes: label("twice", "twice", "inbox", "INBOX")}, nil)
	if mb := f.State().MailboxByName("twice"); mb.Messages != 2 {
		t.Errorf("%d messages of 2", mb.Messages)
	}
	store(f.inbox, uids(1, 2), LabelChange{Op: RemoveFlags, Mailboxes: label("twice", "twice")}, nil)
	if mb := f.State().MailboxByName("twice"); mb.Messages != 0 {
		t.Errorf("%d messages of none", mb.Messages)
	}

	// Only what meets the condition.
	r = store(f.inbox, uids(1, 3), LabelChange{Op: ReplaceFlags, Mailboxes: label("other"), FlagLabels: []string{`\Flagged`}}, &Unchanged{Since: inboxAt})
	if fmt.Sprint(r.Modified) != fmt.Sprint(uids(1, 2)) || f.State().MailboxByName("other").Messages != 1 {
		t.Errorf("%+v", r)
	}

	// Replaced: also where nobody named it.
	r = store(f.inbox, uids(1, 1), LabelChange{Op: ReplaceFlags, Mailboxes: label("other"), FlagLabels: []string{`\Flagged`}}, nil)
	if got := f.show(work); got != `2(\Flagged \Seen)` || f.show(f.inbox) != `1(\Seen) 2(\Flagged \Seen) 3(\Seen)` || len(r.Gone) > 0 {
		t.Error(got, f.show(f.inbox), r.Gone)
	}

	// The mailbox's own label: the last copy is archived.
	r = store(f.inbox, uids(1, 3), LabelChange{Op: RemoveFlags, Mailboxes: label("INBOX", "other")}, nil)
	if fmt.Sprint(r.Gone) != fmt.Sprint(uids(1, 3)) || f.show(f.inbox) != "" {
		t.Errorf("%+v %s", r, f.show(f.inbox))
	}
	mb := f.State().MailboxByName("Archive")
	if mb == nil || mb.Messages != 2 || !slices.Equal(mb.SpecialUse, []string{`\Archive`}) {
		t.Errorf("%+v", mb)
	}
	if r := store(mb.ID, uids(1, 2), LabelChange{Op: RemoveFlags, Mailboxes: label("Archive")}, nil); len(r.Gone) != 0 {
		t.Errorf("%+v: the archive lets go of what is in it alone", r)
	}

	// Alone, but for where the user may take nothing out.
	fixed := f.State().MailboxByName("new/box").ID
	store(work, uids(2, 2), LabelChange{Op: AddFlags, Mailboxes: label("Trash"), Alone: true, Fixed: map[restante.MailboxID]bool{fixed: true}}, nil)
	if f.show(work) != "" || f.State().MailboxByName("Trash").Messages != 1 || f.State().Mailbox(fixed).Messages != 1 {
		t.Error("not in the trash alone")
	}
}

// TestStoreLabelsQuota: a label is a copy, and counted as one.
func TestStoreLabelsQuota(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 3)...)
	if err := f.SetQuota(t.Context(), Quota{Messages: 5}); err != nil {
		t.Fatal(err)
	}
	change := LabelChange{Op: AddFlags, Mailboxes: []LabelMailbox{{NewMailbox{Name: "x"}, AllRights}}}
	if _, err := f.StoreLabels(t.Context(), f.inbox, uids(1, 3), change, nil); err == nil {
		t.Error("over quota")
	}
	if f.State().MailboxByName("x") != nil || f.State().Usage().Messages != 3 {
		t.Error("something was done")
	}
	if _, err := f.StoreLabels(t.Context(), f.inbox, uids(1, 2), change, nil); err != nil {
		t.Error(err)
	}
}

// BenchmarkLabels makes the labels of an account of 100,000 messages in two mailboxes
// anew, and after one message has come.
func BenchmarkLabels(b *testing.B) {
	f := newFixture(b, Options{})
	for i := range 10 {
		f.append(f.inbox, nil, messages(i*2000, i*2000+2000)...)
	}
	other := f.create("other").ID
	for range 4 {
		if _, err := f.Copy(b.Context(), f.inbox, uids(1, 20000), other); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.updateLabels(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("changed", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			f.append(f.inbox, nil, message1(50000+i))
			b.StartTimer()
			if _, err := f.Labels(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
