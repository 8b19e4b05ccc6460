package mailstore

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkKeptRenew brings a result of 100,000 messages up to date after one
// message has changed.
func BenchmarkKeptRenew(b *testing.B) {
	a, s := searchable(b, 100_000)
	q := And{Subject{Text: "apples"}, Not{HasFlag{`\Seen`}}}
	var k Kept
	if _, err := a.Renew(b.Context(), &k, s, q, nil); err != nil {
		b.Fatal(err)
	}
	if err := a.Reach(b.Context(), &k, q, s.Len(), 0); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	states := [2]*Snapshot{s}
	pages := append([]*Page(nil), s.Pages()...)
	p := rng.IntN(len(pages))
	var list []Message
	for i := range pages[p].Len() {
		list = append(list, pages[p].Message(i))
	}
	list[7].FlagSet, list[7].ModSeq = (list[7].FlagSet+1)%4, 1000
	pages[p] = newPage(list[0].UID, list, s.Flags())
	states[1] = NewSnapshot(s.Mailbox(), s.Flags(), 2, pages)
	i := 0
	for b.Loop() {
		i++
		if _, err := a.Renew(b.Context(), &k, states[i%2], q, nil); err != nil {
			b.Fatal(err)
		}
	}
}
