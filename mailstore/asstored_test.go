package mailstore

import (
	"reflect"
	"slices"

	"github.com/restante/restante/kv"
)

// sameAsStored holds the state in memory against a fresh read of the engine.
func (f *fixture) sameAsStored() {
	f.t.Helper()
	snap, err := f.store.kv.Snapshot(f.t.Context(), kv.Partition(f.ID()))
	if err != nil {
		f.t.Fatal(err)
	}
	defer snap.Close()
	have := f.State()
	want, err := f.store.readState(snap, nil, true)
	if err != nil {
		f.t.Fatal(err)
	}
	if have.version != want.version || have.account != want.account || !slices.Equal(have.subscriptions, want.subscriptions) ||
		len(have.mailboxes) != len(want.mailboxes) || !have.flags.same(want.flags) {
		f.t.Fatalf("state %+v, stored %+v", have, want)
	}
	for id := range want.flags.n {
		if !reflect.DeepEqual(have.flags.Set(id), want.flags.Set(id)) {
			f.t.Fatalf("flag set %d: %+v, stored %+v", id, have.flags.Set(id), want.flags.Set(id))
		}
	}
	for i, b := range have.mailboxes {
		w := want.mailboxes[i]
		x, y := *b.mailbox, *w.mailbox
		if x.Created.Unix() != y.Created.Unix() {
			f.t.Fatal("created")
		}
		x.Created, x.FromInbox = y.Created, false // that is not stored
		if !reflect.DeepEqual(x, y) || !slices.Equal(b.row, w.row) || b.floor != w.floor || b.history != w.history || have.index[x.ID] != i {
			f.t.Fatalf("mailbox %+v, stored %+v", x, y)
		}
		f.samePages(snap, b)
	}
}

func (f *fixture) samePages(snap kv.Snapshot, b *box) {
	f.t.Helper()
	pages, err := readPages(snap, b.mailbox.ID, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if b.hasTail {
		if len(pages) == 0 != (b.tail == nil) || b.tail != nil && !slices.Equal(b.tail.raw, pages[len(pages)-1].raw) {
			f.t.Fatalf("%s: tail is not as stored", b.mailbox.Name)
		}
	}
	if b.snapshot == nil {
		return
	}
	if len(pages) != len(b.snapshot.pages) || !slices.Equal(b.snapshot.firsts, pageFirsts(pages)) {
		f.t.Fatalf("%s: %d pages, stored %d", b.mailbox.Name, len(b.snapshot.pages), len(pages))
	}
	for i, p := range b.snapshot.pages {
		if p.key != pages[i].key || !slices.Equal(p.raw, pages[i].raw) {
			f.t.Fatalf("%s: page %d is not as stored", b.mailbox.Name, i)
		}
		for j := range p.Len() {
			if p.Message(j) != pages[i].Message(j) {
				f.t.Fatalf("%s: %+v, stored %+v", b.mailbox.Name, p.Message(j), pages[i].Message(j))
			}
		}
	}
}
