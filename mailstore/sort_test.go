package mailstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/search"
)

// modelSortBy sorts sequence numbers as RFC 5256 §3 says, comparing one value
// after another.
func modelSortBy(postings []posting, keys []SortKey) []int {
	var seqs []int
	for i := range postings {
		seqs = append(seqs, i+1)
	}
	slices.SortStableFunc(seqs, func(a, b int) int {
		x, y := postings[a-1], postings[b-1]
		for _, k := range keys {
			var c int
			switch k.Field {
			case SortArrival:
				c = cmp.Compare(x.internal, y.internal)
			case SortDate:
				c = cmp.Compare(sentOf(x), sentOf(y))
			case SortSubject:
				c = bytes.Compare(search.Fold(nil, []byte(x.base)), search.Fold(nil, []byte(y.base)))
			case SortUID:
				c = cmp.Compare(a, b)
			case SortScore:
				c = cmp.Compare(k.Score(a), k.Score(b))
			}
			if k.Reverse {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return seqs
}

func TestSortModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 256))
	for range 200 {
		postings := make([]posting, 1+rng.IntN(1000))
		for i := range postings {
			p := &postings[i]
			p.internal = int64(rng.IntN(50)) - 25
			if rng.IntN(3) > 0 {
				p.sent = int64(rng.IntN(1_000_000)) + 1
			}
			p.base = []string{"", "common beginning", "Common Beginning", "common beginning of one", "ä", "A", "z"}[rng.IntN(7)]
			if rng.IntN(3) == 0 {
				p.base += fmt.Sprint(rng.IntN(5))
			}
			p.reply = p.base != "" && rng.IntN(2) == 0
		}
		a, found := post(t, postings)
		var keys []SortKey
		for range rng.IntN(4) {
			keys = append(keys, SortKey{
				Field:   []SortField{SortArrival, SortDate, SortSubject, SortUID, SortScore}[rng.IntN(5)],
				Reverse: rng.IntN(2) == 0, Score: func(seq int) int64 { return int64(seq%7) - 3 },
			})
		}
		o, err := a.Sort(t.Context(), found, keys)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := slices.Collect(o.All()), modelSortBy(postings, keys); !slices.Equal(got, want) {
			t.Fatalf("%v: %v, want %v", keys, got, want)
		}
		if o.Len() > 0 && (o.UID(0) != restante.UID(2*o.Seq(0)-1) || slices.Collect(o.UIDs())[o.Len()-1] != o.UID(o.Len()-1)) {
			t.Fatal("UIDs are not those of the sequence numbers")
		}
	}
}

// TestSortGone sorts messages whose contents are gone: they stay, with nothing
// in them.
func TestSortGone(t *testing.T) {
	f, found := post(t, []posting{{base: "b"}, {base: "a", id: "a"}, {base: "c", refs: []string{"a"}}})
	var gone kv.Batch
	gone.Delete(summaryKey(1002), 0)
	if _, err := f.store.kv.Commit(t.Context(), kv.Partition(f.id), 1, &gone, kv.Durable); err != nil {
		t.Fatal(err)
	}
	o, err := f.Sort(t.Context(), found, []SortKey{{Field: SortSubject}, {Field: SortDate}})
	if got := slices.Collect(o.All()); err != nil || !slices.Equal(got, []int{3, 2, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	threads, err := f.Thread(t.Context(), found, ThreadReferences, search.UnicodeCasemap)
	if err != nil || threads.text(threads.First()) != "(1)(2)(3)" {
		t.Errorf("%v, %v", threads, err)
	}
	if _, err := f.Sort(t.Context(), found, []SortKey{{Field: 99}}); !errors.Is(err, restante.ErrInvalid) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Sort(ctx, found, []SortKey{{Field: SortFrom}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := f.Thread(ctx, found, ThreadRefs, search.UnicodeCasemap); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if o, err := f.Sort(t.Context(), Result{}, nil); err != nil || o.Len() != 0 {
		t.Error(o, err)
	}
}
