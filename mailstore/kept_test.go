package mailstore

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/restante/restante"
)

// changed gives a snapshot of the mailbox after some changes: messages that are
// gone, others with other flags, and, of further messages, some more at the end.
func changed(s *Snapshot, rng *rand.Rand, further *[]Message) *Snapshot {
	var pages []*Page
	modseq := s.ModSeq() + 1
	for _, p := range s.Pages() {
		if rng.IntN(3) > 0 {
			pages = append(pages, p)
			continue
		}
		var list []Message
		for i := range p.Len() {
			m := p.Message(i)
			switch rng.IntN(40) {
			case 0:
				continue
			case 1, 2:
				m.FlagSet, m.ModSeq = FlagSetID(rng.IntN(4)), modseq
			}
			list = append(list, m)
		}
		if len(list) > 0 && (rng.IntN(10) > 0) {
			pages = append(pages, newPage(list[0].UID, list, s.Flags()))
		}
	}
	if n := min(rng.IntN(30), len(*further)); n > 0 {
		list := (*further)[:n]
		*further = (*further)[n:]
		pages = append(pages, newPage(list[0].UID, list, s.Flags()))
	}
	return NewSnapshot(s.Mailbox(), s.Flags(), modseq, pages)
}

// A kept result is at any time what a search finds.
func TestKeptAgainstSearch(t *testing.T) {
	a, all := searchable(t, 1200)
	now := int64(1_700_000_000)
	a.store.now = func() time.Time { return time.Unix(now, 0) }
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		q := randomQuery(rng, 3)
		s, further := withoutEnd(all, 300)
		var k, part Kept
		told := map[restante.UID]bool{}
		var lost []restante.UID
		for step := range 12 {
			if rng.IntN(3) == 0 && s.Len() > 0 && step > 0 { // what is gone never comes back
				lost = append(lost, s.UIDAt(1+rng.IntN(s.Len())))
				slices.Sort(lost)
			}
			var gone UIDSet
			for _, uid := range slices.Compact(slices.Clone(lost)) {
				gone = gone.Add(uid)
			}
			change, err := a.Renew(t.Context(), &k, s, q, gone)
			if err != nil {
				t.Fatal(err)
			}
			if step == 0 {
				if err := a.Reach(t.Context(), &k, q, s.Len(), 0); err != nil {
					t.Fatal(err)
				}
			}
			want, err := a.Search(t.Context(), s, q, SearchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if step > 0 {
				want.drop(gone)
			}
			if !slices.Equal(k.found.set.words, want.set.words) {
				t.Fatalf("seed %d, step %d, %#v: kept %d, found %d", seed, step, q, k.Result().Count(), want.Count())
			}
			believe(t, told, s, change, want, step)
			if _, err := a.Renew(t.Context(), &part, s, q, nil); err != nil {
				t.Fatal(err)
			}
			checkPages(t, a, &part, s, q, rng)
			s = changed(s, rng, &further)
			now += int64(rng.IntN(2)) * 1_000_000
		}
	}
}

// believe applies a change to what a client was told.
func believe(t *testing.T, told map[restante.UID]bool, s *Snapshot, c Change, want Result, step int) {
	t.Helper()
	for uid := range told {
		if _, ok := s.SeqOf(uid); !ok {
			delete(told, uid)
		}
	}
	for uid := range c.Removed.UIDs() {
		if !told[uid] {
			t.Fatalf("step %d: UID %d was removed and not there", step, uid)
		}
		delete(told, uid)
	}
	for uid := range c.Added.UIDs() {
		if told[uid] {
			t.Fatalf("step %d: UID %d was added twice", step, uid)
		}
		told[uid] = true
	}
	if step == 0 {
		for uid := range want.UIDs() {
			told[uid] = true
		}
	}
	n := 0
	for uid := range want.UIDs() {
		if n++; !told[uid] {
			t.Fatalf("step %d: UID %d was not told", step, uid)
		}
	}
	if n != len(told) {
		t.Fatalf("step %d: told of %d, found %d", step, len(told), n)
	}
}

// checkPages asks a search that is decided in part for its ends.
func checkPages(t *testing.T, a *Account, k *Kept, s *Snapshot, q Query, rng *rand.Rand) {
	t.Helper()
	first, last := rng.IntN(20), rng.IntN(20)
	if err := a.Reach(t.Context(), k, q, first, last); err != nil {
		t.Fatal(err)
	}
	whole, err := a.Search(t.Context(), s, q, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, want := slices.Collect(k.Result().UIDs()), slices.Collect(whole.UIDs())
	first, last = min(first, len(want)), min(last, len(want))
	if len(got) < max(first, last) || !slices.Equal(got[:first], want[:first]) ||
		!slices.Equal(got[len(got)-last:], want[len(want)-last:]) {
		t.Fatalf("%#v: the first %d and last %d of %v are not those of %v", q, first, last, got, want)
	}
	if n := k.Result().Count(); n > 0 {
		cut := k.Result().Cut(0, n/2)
		if !slices.Equal(slices.Collect(cut.UIDs()), got[:n/2]) {
			t.Fatalf("half of %v is %v", got, slices.Collect(cut.UIDs()))
		}
	}
}

// withoutEnd gives a mailbox without its last messages, and these.
func withoutEnd(s *Snapshot, n int) (*Snapshot, []Message) {
	var list, rest []Message
	for seq := 1; seq <= s.Len(); seq++ {
		if seq > s.Len()-n {
			rest = append(rest, s.At(seq))
		} else {
			list = append(list, s.At(seq))
		}
	}
	var pages []*Page
	for chunk := range slices.Chunk(list, 100) {
		pages = append(pages, newPage(chunk[0].UID, chunk, s.Flags()))
	}
	return NewSnapshot(s.Mailbox(), s.Flags(), 100, pages), rest
}
