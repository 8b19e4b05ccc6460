package mailstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/message"
)

// searchable is an account that holds the headers of so many messages, with a
// snapshot of them in one mailbox.
func searchable(t testing.TB, n int) (*Account, *Snapshot) {
	t.Helper()
	store := &Store{kv: memkv.New(), now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	a := newAccount(store, 1000)
	a.state.Store(&State{})
	flags, err := NewFlagTable([]string{`\Seen`}, []string{`\Seen`, `\Flagged`, "$Work"}, []string{"work"})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var b kv.Batch
	var pages []*Page
	var list []Message
	for i := range n {
		id := restante.EmailID(i + 1)
		raw := fmt.Appendf(nil, "Subject: message %d about %s\r\nFrom: User %d <u%d@example.org>\r\nDate: %s\r\n\r\nhello\r\n",
			i, []string{"apples", "pears", "Äpfel"}[i%3], i%100, i%100,
			time.Unix(1_600_000_000+int64(i)*600, 0).UTC().Format(time.RFC1123Z))
		b.Set(summaryKey(id), message.Parse(raw).AppendSummary(nil))
		list = append(list, Message{
			UID: restante.UID(i + 1 + i/100), FlagSet: FlagSetID(rng.IntN(4)), ModSeq: restante.ModSeq(rng.IntN(50) + 1),
			EmailID: id, ThreadID: restante.ThreadID(i/4 + 1), Size: uint32(rng.IntN(50000)),
			InternalDate: Time{Unix: 1_600_000_000 + int64(i)*600, Zone: int16(i%3-1) * 120},
			SentDate:     Time{Unix: 1_600_000_000 + int64(i)*600},
			SaveDate:     Time{Unix: 1_650_000_000 + int64(i)*60},
		})
		if len(list) == PageSize || i == n-1 || rng.IntN(400) == 0 {
			pages, list = append(pages, newPage(list[0].UID, list, flags)), nil
		}
	}
	if _, err := store.kv.Commit(context.Background(), kv.Partition(a.id), 0, &b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	return a, NewSnapshot(&Mailbox{ID: 1, Name: "INBOX"}, flags, 1, pages)
}

// naive says whether a message matches, by the plainest means.
func naive(t *testing.T, s *Snapshot, subject func(restante.EmailID) string, seq int, q Query) bool {
	m := s.At(seq)
	day := func(tm Time, since, before Day) bool {
		d := NewDay(tm.Time().Date())
		return d >= since && (before == 0 || d < before)
	}
	switch q := q.(type) {
	case All:
		return true
	case And:
		return !slices.ContainsFunc(q, func(q Query) bool { return !naive(t, s, subject, seq, q) })
	case Or:
		return slices.ContainsFunc(q, func(q Query) bool { return naive(t, s, subject, seq, q) })
	case Not:
		return !naive(t, s, subject, seq, q.Query)
	case UIDs:
		return q.Set.Contains(m.UID)
	case Seqs:
		return slices.ContainsFunc(q, func(r SeqRange) bool { return r.First <= seq && seq <= r.Last })
	case HasFlag:
		return s.Flags().Set(m.FlagSet).Has(q.Flag)
	case Larger:
		return int64(m.Size) > q.Size
	case Smaller:
		return int64(m.Size) < q.Size
	case InternalDate:
		return day(m.InternalDate, q.Since, q.Before)
	case SaveDate:
		return day(m.SaveDate, q.Since, q.Before)
	case SentDate:
		return day(m.SentDate, q.Since, q.Before)
	case Within:
		return (q.Older == 0 || m.InternalDate.Unix <= 1_700_000_000-int64(q.Older)) &&
			(q.Younger == 0 || m.InternalDate.Unix >= 1_700_000_000-int64(q.Younger))
	case ModSeq:
		return m.ModSeq >= q.Since
	case Emails:
		return slices.Contains(q, m.EmailID)
	case Thread:
		return slices.Contains(q, m.ThreadID)
	case Subject:
		return strings.Contains(strings.ToUpper(subject(m.EmailID)), strings.ToUpper(q.Text))
	}
	t.Fatalf("no naive form of %T", q)
	return false
}

// randomQuery makes a query of the kinds that naive knows.
func randomQuery(rng *rand.Rand, depth int) Query {
	d := func() Day { return NewDay(2020, time.September, 13) + Day(rng.IntN(15)) }
	if depth > 0 && rng.IntN(3) == 0 {
		var list []Query
		for range rng.IntN(4) {
			list = append(list, randomQuery(rng, depth-1))
		}
		switch rng.IntN(3) {
		case 0:
			return And(list)
		case 1:
			return Or(list)
		}
		return Not{randomQuery(rng, depth-1)}
	}
	switch rng.IntN(15) {
	case 0:
		return All{}
	case 1:
		return UIDs{UIDSet{{1, 5}, {90, 400}, {restante.UID(rng.IntN(1000) + 500), 1<<32 - 1}}}
	case 2:
		return Seqs{{First: rng.IntN(1000), Last: rng.IntN(2000)}}
	case 3:
		return HasFlag{[]string{`\Seen`, `\FLAGGED`, "$work", "WORK", "none"}[rng.IntN(5)]}
	case 4:
		return Larger{int64(rng.IntN(50000))}
	case 5:
		return Smaller{int64(rng.IntN(50000))}
	case 6:
		return InternalDate{Since: d(), Before: d()}
	case 7:
		return InternalDate{Since: d()}
	case 8:
		return SaveDate{Before: NewDay(2022, time.April, 15) + Day(rng.IntN(3))}
	case 9:
		return SentDate{Since: d(), Before: d()}
	case 10:
		return Within{Older: uint32(99_000_000 + rng.IntN(2_000_000))}
	case 11:
		return ModSeq{restante.ModSeq(rng.IntN(60))}
	case 12:
		return Emails{1, restante.EmailID(rng.IntN(1000)), 500}
	case 13:
		return Thread{restante.ThreadID(rng.IntN(300))}
	}
	return Subject{Text: []string{"apple", "ÄPFEL", "1", "pears", "message 99 ", "nowhere"}[rng.IntN(6)]}
}

func TestSearchAgainstNaive(t *testing.T) {
	a, s := searchable(t, 1500)
	subject := func(id restante.EmailID) string {
		return fmt.Sprintf("message %d about %s", id-1, []string{"apples", "pears", "Äpfel"}[(id-1)%3])
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		q := randomQuery(rng, 3)
		r, err := a.Search(t.Context(), s, q, SearchOptions{})
		if err != nil {
			t.Fatalf("%#v: %v", q, err)
		}
		var want, got []int
		for seq := 1; seq <= s.Len(); seq++ {
			if naive(t, s, subject, seq, q) {
				want = append(want, seq)
			}
		}
		for seq := range r.All() {
			got = append(got, seq)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%#v: found %d, want %d\n%v\n%v", q, len(got), len(want), got, want)
		}
		checkResult(t, s, r, want)
		low, high := 0, 0
		if len(want) > 0 {
			low, high = want[0], want[len(want)-1]
		}
		ends, err := a.Search(t.Context(), s, q, SearchOptions{Min: true, Max: true})
		if err != nil || ends.Min() != low || ends.Max() != high {
			t.Fatalf("%#v: ends %d and %d, %v, want %d and %d", q, ends.Min(), ends.Max(), err, low, high)
		}
	}
}

// checkResult holds every form of a result against the sequence numbers in it.
func checkResult(t *testing.T, s *Snapshot, r Result, want []int) {
	t.Helper()
	var uids, fromRanges []restante.UID
	var highest restante.ModSeq
	for _, seq := range want {
		m := s.At(seq)
		uids = append(uids, m.UID)
		highest = max(highest, m.ModSeq)
	}
	for u := range r.UIDRanges() {
		for uid := u.First; uid <= u.Last; uid++ {
			fromRanges = append(fromRanges, uid)
		}
	}
	var seqs []int
	last := -1
	for u := range r.Ranges() {
		if u.First <= last+1 && last >= 0 {
			t.Fatalf("range %v touches the one before", u)
		}
		for seq := u.First; seq <= u.Last; seq++ {
			seqs = append(seqs, seq)
		}
		last = u.Last
	}
	switch {
	case r.Count() != len(want):
		t.Fatalf("count %d, want %d", r.Count(), len(want))
	case !slices.Equal(seqs, want):
		t.Fatalf("ranges %v, want %v", seqs, want)
	case !slices.Equal(slices.Collect(r.UIDs()), uids), !slices.Equal(fromRanges, uids):
		t.Fatalf("UIDs are not those of the sequence numbers")
	case r.MaxModSeq() != highest:
		t.Fatalf("modseq %d, want %d", r.MaxModSeq(), highest)
	case len(want) > 0 && (r.Min() != want[0] || r.Max() != want[len(want)-1] || !r.Has(want[0])):
		t.Fatalf("min %d, max %d", r.Min(), r.Max())
	case len(want) == 0 && (r.Min() != 0 || r.Max() != 0):
		t.Fatalf("min %d, max %d of nothing", r.Min(), r.Max())
	}
}

func TestSearchStopsWithItsContext(t *testing.T) {
	a, s := searchable(t, 600)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // the second time nothing has to be read
		if _, err := a.Search(ctx, s, Subject{Text: "x"}, SearchOptions{}); err == nil {
			t.Fatal("no error")
		}
		if _, err := a.Search(t.Context(), s, Subject{Text: "x"}, SearchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDay(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want Day
	}{
		{time.Time{}, 1},
		{time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), 2},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), 1},
		{time.Unix(0, 0).UTC(), 719163},
		{time.Date(2024, 2, 29, 23, 59, 59, 0, time.FixedZone("", 14*3600)), NewDay(2024, 2, 29)},
	} {
		if got := NewDay(c.at.Date()); got != c.want {
			t.Errorf("%v: %d, want %d", c.at, got, c.want)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	a, s := searchable(b, 20000)
	for _, c := range []struct {
		name string
		q    Query
	}{
		{"flags", And{Not{HasFlag{`\Seen`}}, Not{HasFlag{`\Deleted`}}}},
		{"since+smaller", And{InternalDate{Since: NewDay(2020, 10, 1)}, Smaller{20000}}},
		{"subject", Subject{Text: "about pears"}},
		{"subject-rare", Subject{Text: "zebra"}},
		{"from", From{Text: "u42@"}},
		{"sent", SentDate{Since: NewDay(2020, 10, 1)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Search(b.Context(), s, c.q, SearchOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("from-first", func(b *testing.B) {
		for b.Loop() {
			a.store.columns = columnCache{}
			if _, err := a.Search(b.Context(), s, From{Text: "u42@"}, SearchOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
