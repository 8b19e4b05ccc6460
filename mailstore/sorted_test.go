package mailstore

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/restante/restante"
)

// TestSortedModel keeps an order of messages that come and go and holds it
// against sorting anew; a client that follows the places has the same.
func TestSortedModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 267))
	for range 100 {
		postings := make([]posting, 1+rng.IntN(120))
		for i := range postings {
			postings[i] = posting{
				internal: int64(rng.IntN(20)), sent: int64(rng.IntN(30)),
				base: []string{"", "common beginning", "common beginning of one", "z"}[rng.IntN(4)],
			}
		}
		a, all := post(t, postings)
		keys := []SortKey{
			{Field: []SortField{SortSubject, SortDate, SortUID}[rng.IntN(3)], Reverse: rng.IntN(2) == 0},
			{Field: SortArrival, Reverse: rng.IntN(2) == 0},
		}
		pick := func() UIDSet {
			set := UIDSet{}
			for uid := range all.UIDs() {
				if rng.IntN(2) == 0 {
					set = set.Add(uid)
				}
			}
			return set
		}
		now := all.Only(pick())
		o, err := a.Sort(t.Context(), now, keys)
		if err != nil {
			t.Fatal(err)
		}
		s := NewSorted(o, keys)
		client := slices.Clone(s.UIDs())
		for range 5 {
			want := all.Only(pick())
			gone, added := UIDSet{}, UIDSet{}
			for seq := range all.All() {
				switch uid := all.snap.UIDAt(seq); {
				case now.Has(seq) && !want.Has(seq):
					gone = gone.Add(uid)
				case !now.Has(seq) && want.Has(seq):
					added = added.Add(uid)
				}
			}
			for _, p := range s.Remove(gone) {
				if client[p.At] != p.UID {
					t.Fatalf("%d is not at %d of %v", p.UID, p.At, client)
				}
				client = slices.Delete(client, p.At, p.At+1)
			}
			places, err := a.Insert(t.Context(), s, all.Only(added))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range places {
				client = slices.Insert(client, p.At, p.UID)
			}
			o, err := a.Sort(t.Context(), want, keys)
			if err != nil {
				t.Fatal(err)
			}
			sorted := slices.Collect(o.UIDs())
			if !slices.Equal(s.UIDs(), sorted) || !slices.Equal(client, sorted) {
				t.Fatalf("%v: kept %v, client %v, want %v", keys, s.UIDs(), client, sorted)
			}
			now = want
		}
	}
	if Steady([]SortKey{{Field: SortDate}, {Field: SortModSeq}}) || !Steady([]SortKey{{Field: SortDate}}) {
		t.Error("Steady")
	}
	if n := len((&Sorted{uids: []restante.UID{3}}).Remove(UIDSet{{4, 9}})); n != 0 {
		t.Error(n)
	}
}
