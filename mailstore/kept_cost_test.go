package mailstore

import (
	"math/bits"
	"testing"

	"github.com/restante/restante/kv/countkv"
)

// TestKeptReadsWhatChanges holds that a result and an order that are kept are brought up
// to date from what has changed: where no columns are in memory, of a message that has
// changed its summary is read, and of one that joins the order those of the messages
// between which its place is looked for.
func TestKeptReadsWhatChanges(t *testing.T) {
	for _, n := range []int{1_000, 20_000} {
		a, s := searchable(t, n)
		a.store.columns.limit = 1
		engine := countkv.New(a.store.kv)
		a.store.kv = engine
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		var k Kept
		q := And{Subject{Text: "apples"}, Not{HasFlag{`\Seen`}}}
		_, err := a.Renew(t.Context(), &k, s, q, nil)
		ok(err)
		ok(a.Reach(t.Context(), &k, q, s.Len(), 0))
		if read := engine.Take().Rows("30").N; read < n/4 {
			t.Fatalf("%d messages: %d summaries are read at first: the test sees nothing", n, read)
		}

		const page, place = 2, 5
		pages := append([]*Page(nil), s.Pages()...)
		var list []Message
		for i := range pages[page].Len() {
			list = append(list, pages[page].Message(i))
		}
		list[place].ModSeq, list[place].FlagSet = 1000, (list[place].FlagSet+1)%4
		pages[page] = newPage(list[0].UID, list, s.Flags())
		next := NewSnapshot(s.Mailbox(), s.Flags(), 2, pages)
		_, err = a.Renew(t.Context(), &k, next, q, nil)
		ok(err)
		if read := engine.Take().Rows().N; read > 1 {
			t.Errorf("%d messages: %d rows are read for one flag", n, read)
		}

		all, err := a.Search(t.Context(), next, All{}, SearchOptions{})
		ok(err)
		keys := []SortKey{{Field: SortSubject}, {Field: SortDate, Reverse: true}}
		order, err := a.Sort(t.Context(), all, keys)
		ok(err)
		sorted := NewSorted(order, keys)
		one := UIDSet{}.Add(list[place].UID)
		engine.Take()
		sorted.Remove(one)
		_, err = a.Insert(t.Context(), sorted, all.Only(one))
		ok(err)
		if read, most := engine.Take().Rows().N, 2*bits.Len(uint(n))+4; read > most {
			t.Errorf("%d messages: %d rows are read to find a place in the order, more than %d", n, read, most)
		}
		if sorted.Len() != n {
			t.Errorf("%d messages in the order, not %d", sorted.Len(), n)
		}
	}
}
