package mailstore

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/restante/restante"
)

// TestUnseenPage holds that a page with which its reader has done nothing is the same
// whether its messages are looked at or not.
func TestUnseenPage(t *testing.T) {
	flags, err := NewFlagTable(nil, []string{`\Seen`}, []string{`\Deleted`}, []string{"work"}, []string{`\Seen`, `\Deleted`})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(4, 314))
	for i := range 300 {
		var list []Message
		kinds, uid := 1+rng.IntN(5), restante.UID(1+rng.IntN(1000))
		for range 1 + rng.IntN(PageSize) {
			list = append(list, Message{UID: uid, FlagSet: FlagSetID(rng.IntN(kinds)), ModSeq: restante.ModSeq(1 + rng.IntN(9)), EmailID: 1, ThreadID: 1})
			uid += restante.UID(1 + rng.IntN(1+i%3))
		}
		p, err := parsePage(list[0].UID, newPage(list[0].UID, list, flags).raw)
		if err != nil {
			t.Fatal(err)
		}
		got := unseenPage(p)
		want := seenPage(p, (&seenBy{}).blocksOf(p, nil), flags)
		if !reflect.DeepEqual(got.FlagSets(), want.FlagSets()) || !reflect.DeepEqual(got.ModSeqs(), want.ModSeqs()) ||
			!reflect.DeepEqual(got.UIDs(), want.UIDs()) || !reflect.DeepEqual(got.EmailIDs(), want.EmailIDs()) {
			t.Fatalf("%d messages with %d flag sets: columns differ", len(list), kinds)
		}
		if got.unseen != want.unseen || got.deleted != want.deleted || got.maxModSeq != want.maxModSeq {
			t.Fatalf("unseen %d, %d; deleted %d, %d; modseq %d, %d", got.unseen, want.unseen, got.deleted, want.deleted, got.maxModSeq, want.maxModSeq)
		}
	}
}

// TestFirstLookDecodes holds that the first look at somebody else's mailbox decodes the
// pages of which something was seen and no others.
func TestFirstLookDecodes(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(1, 3*PageSize)...)
	const bob = restante.FirstAccountID + 1000
	if _, err := f.As(bob).StoreFlags(t.Context(), f.inbox, UIDSet{{First: PageSize + 9, Last: PageSize + 9}}, AddFlags, []string{`\Seen`}, nil); err != nil {
		t.Fatal(err)
	}
	other := f.node() // that has decoded nothing
	snap, err := other.As(bob).Snapshot(t.Context(), f.inbox)
	if err != nil {
		t.Fatal(err)
	}
	if int(snap.Mailbox().Unseen) != snap.Len()-1 {
		t.Errorf("%d messages are unseen", snap.Mailbox().Unseen)
	}
	decoded := 0
	for _, p := range other.snapshot(f.inbox).Pages() {
		_, sets := p.flagSets.decoded()
		if _, mods := p.modSeqs.decoded(); sets || mods {
			decoded++
		}
	}
	if most := 2; decoded == 0 || decoded > most { // the blocks of what was seen are not the pages
		t.Errorf("%d pages are decoded", decoded)
	}
}
