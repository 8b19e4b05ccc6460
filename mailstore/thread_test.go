package mailstore

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/message"

	"github.com/restante/restante/search"
)

// header gives a posting's header.
func (l *posting) header() []byte {
	var b strings.Builder
	if l.sent != 0 {
		zone := time.FixedZone("", int(l.sent%5-2)*3600)
		fmt.Fprintf(&b, "Date: %s\r\n", time.Unix(l.sent, 0).In(zone).Format(time.RFC1123Z))
	}
	subject := l.base
	if l.reply {
		mark := []string{"Re: ", "re: Fw [1] : ", "Fwd: [x] "}[(l.internal%3+3)%3]
		if subject == "" {
			mark = "Re: " // a blob alone is a base subject
		}
		subject = mark + subject
	}
	fmt.Fprintf(&b, "Subject: %s\r\n", subject)
	if l.id != "" {
		fmt.Fprintf(&b, "Message-ID: <%s>\r\n", l.id)
	}
	if len(l.refs) == 1 && l.internal%2 == 0 {
		fmt.Fprintf(&b, "In-Reply-To: <%s> <other@example.org>\r\n", l.refs[0])
	} else if len(l.refs) > 0 {
		fmt.Fprintf(&b, "In-Reply-To: <other@example.org>\r\nReferences: <%s>\r\n", strings.Join(l.refs, ">\r\n <"))
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// post is an account whose mailbox holds the postings, with all of them found.
func post(t testing.TB, postings []posting) (*Account, Result) {
	t.Helper()
	store := &Store{kv: memkv.New(), now: time.Now, seed: maphash.MakeSeed()}
	a := newAccount(store, 1000)
	a.state.Store(&State{})
	flags, err := NewFlagTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b kv.Batch
	var pages []*Page
	var list []Message
	for i := range postings {
		l := &postings[i]
		id := restante.EmailID(i + 1000)
		summary := message.Parse(l.header()).AppendSummary(nil)
		b.Set(summaryKey(id), summary)
		internal := Time{Unix: l.internal}
		list = append(list, Message{UID: restante.UID(2*i + 1), EmailID: id, ModSeq: 1, InternalDate: internal, SentDate: sentDate(summary, internal)})
		if len(list) == PageSize || i == len(postings)-1 {
			pages, list = append(pages, newPage(list[0].UID, list, flags)), nil
		}
	}
	if _, err := store.kv.Commit(context.Background(), kv.Partition(a.id), 0, &b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	snap := NewSnapshot(&Mailbox{ID: 1, Name: "INBOX"}, flags, 1, pages)
	found, err := a.Search(t.Context(), snap, All{}, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return a, found
}

// text is the thread-lists of RFC 5256 §5.
func (t *Threads) text(node ThreadNode) string {
	var out strings.Builder
	for ; node != NoThreadNode; node = t.Next(node) {
		out.WriteByte('(')
		at := node
		for first := true; ; first = false {
			if seq := t.Seq(at); seq != 0 {
				if !first {
					out.WriteByte(' ')
				}
				out.WriteString(strconv.Itoa(seq))
			}
			if c := t.Child(at); c == NoThreadNode || t.Next(c) != NoThreadNode {
				break
			}
			at = t.Child(at)
		}
		if c := t.Child(at); c != NoThreadNode {
			if t.Seq(at) != 0 {
				out.WriteByte(' ')
			}
			out.WriteString(t.text(c))
		}
		out.WriteByte(')')
	}
	return out.String()
}

// randomPostings refer to one another, to messages that are not there and to
// themselves, with ids twice and loops.
func randomPostings(next func(n int) int) []posting {
	postings := make([]posting, 1+next(12))
	ids := []string{"", "a", "b", "c", "d", "e", "f", "g", "h"}
	for i := range postings {
		l := &postings[i]
		l.internal = int64(1_700_000_000 + next(20))
		if next(4) > 0 {
			l.sent = int64(1_700_000_000 + next(20))
		}
		l.base = []string{"", "x", "X", "y", "z"}[next(5)]
		l.reply = next(2) == 0
		l.id = ids[next(len(ids))]
		for range next(4) {
			l.refs = append(l.refs, ids[1+next(len(ids)-1)])
		}
	}
	return postings
}

// checkThreads holds the threads of postings against the model.
func checkThreads(t *testing.T, postings []posting) {
	t.Helper()
	a, found := post(t, postings)
	for by, want := range map[ThreadAlgorithm]string{
		ThreadReferences: modelReferences(postings, true), ThreadRefs: modelRefs(postings),
		ThreadOrderedSubject: modelOrderedSubject(postings),
	} {
		threads, err := a.Thread(t.Context(), found, by, search.UnicodeCasemap)
		if err != nil {
			t.Fatal(err)
		}
		if got := threads.text(threads.First()); got != want {
			t.Errorf("algorithm %d: %s, want %s", by, got, want)
			for i := range postings {
				t.Logf("%d: %+v", i+1, postings[i])
			}
		}
	}
}

func TestThreadModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 256))
	for range 3000 {
		if checkThreads(t, randomPostings(rng.IntN)); t.Failed() {
			return
		}
	}
}

// FuzzThread makes postings of random octets.
func FuzzThread(f *testing.F) {
	f.Add([]byte("\x05\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Fuzz(func(t *testing.T, in []byte) {
		checkThreads(t, randomPostings(func(n int) int {
			if len(in) == 0 {
				return 0
			}
			v := int(in[0]) % n
			in = in[1:]
			return v
		}))
	})
}

// TestThreadForest holds both forms of a forest, which decide alike whatever
// the order of links.
func TestThreadForest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n := 2 + rng.IntN(40)
		plain, cut := newForest(n), newForest(n)
		plain.steps = 1 << 30
		cut.steps = rng.IntN(5)
		for range 6 * n {
			a, b := int32(rng.IntN(n)), int32(rng.IntN(n))
			if rng.IntN(4) == 0 || plain.parent[b] >= 0 {
				plain.orphan(b)
				cut.orphan(b)
			}
			plain.adopt(a, b)
			cut.adopt(a, b)
			if !slices.Equal(plain.parent, cut.parent) {
				t.Fatalf("%v and %v", plain.parent, cut.parent)
			}
		}
		if cut.links == nil && n > 10 {
			t.Fatal("the second form was not used")
		}
	}
}

// TestThreadDeep threads chains of 20,000 messages, in order, backwards and so
// that each link goes up a long way, with and without the messages between.
func TestThreadDeep(t *testing.T) {
	const n = 20_000
	chain := func(at func(i int) int) []posting {
		postings := make([]posting, n)
		for i := range postings {
			k := at(i)
			postings[i] = posting{internal: 1_700_000_000 + int64(k), id: fmt.Sprint(k), refs: []string{fmt.Sprint(k - 1)}}
		}
		return postings
	}
	for name, postings := range map[string][]posting{
		"rising": chain(func(i int) int { return i }), "falling": chain(func(i int) int { return n - i }),
		"sparse": chain(func(i int) int { return 2 * i }), "hostile": hostilePostings(n),
	} {
		if got, most := forestWork(postings), 2*n*(64+4*bits.Len(n)); got > most {
			t.Errorf("%s: %d steps, more than %d", name, got, most)
		}
		a, found := post(t, postings)
		threads, err := a.Thread(t.Context(), found, ThreadReferences, search.UnicodeCasemap)
		if err != nil {
			t.Fatal(err)
		}
		depth, seen := 0, 0
		for node := threads.First(); node != NoThreadNode; node = threads.Child(node) {
			if depth++; threads.Seq(node) > 0 {
				seen++
			}
		}
		if (name == "rising" || name == "falling") && seen != n {
			t.Errorf("%s: %d deep, want %d", name, seen, n)
		}
	}
}

// forestWork answers how many steps it takes to link postings.
func forestWork(postings []posting) int {
	nodes := make(map[string]int32)
	node := func(id string) int32 {
		if _, there := nodes[id]; !there {
			nodes[id] = int32(len(nodes))
		}
		return nodes[id]
	}
	f := newForest(2 * len(postings))
	budget := f.steps
	for _, l := range postings {
		var references []int32
		for _, id := range l.refs {
			references = append(references, node(id))
		}
		f.message(node(l.id), references)
	}
	if f.links == nil {
		return budget - f.steps
	}
	return budget + f.links.rotations
}

// hostilePostings are a chain and, for its end, children that have children
// already.
func hostilePostings(n int) []posting {
	var postings []posting
	for i := range n / 2 {
		postings = append(postings, posting{internal: 1, id: fmt.Sprint(i), refs: []string{fmt.Sprint(i - 1)}})
	}
	for i := range n / 4 {
		x := fmt.Sprint("x", i)
		postings = append(postings,
			posting{internal: 1, id: x + "c", refs: []string{x}},
			posting{internal: 1, id: x, refs: []string{fmt.Sprint(n/2 - 1)}})
	}
	return postings
}
