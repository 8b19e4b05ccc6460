package view

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// mailbox is a slow mailbox: pages of a few messages, replaced as the real
// store replaces them.
type mailbox struct {
	pages  [][]mailstore.Message
	built  []*mailstore.Page
	next   restante.UID
	modseq restante.ModSeq
	size   int // messages a page
}

func newMailbox(size, messages int) *mailbox {
	m := &mailbox{next: 1, modseq: 1, size: size}
	m.append(messages)
	return m
}

func (m *mailbox) append(n int) {
	m.modseq++
	for range n {
		last := len(m.pages) - 1
		if last < 0 || len(m.pages[last]) >= m.size {
			m.pages, m.built = append(m.pages, nil), append(m.built, nil)
			last++
		}
		m.pages[last] = append(m.pages[last], mailstore.Message{UID: m.next, ModSeq: m.modseq})
		m.built[last] = nil
		m.next++
	}
}

func (m *mailbox) count() (n int) {
	for _, p := range m.pages {
		n += len(p)
	}
	return n
}

// change gives the message at index i other flags.
func (m *mailbox) change(i int, f mailstore.FlagSetID) {
	m.modseq++
	for k, p := range m.pages {
		if i < len(p) {
			p = slices.Clone(p)
			p[i].FlagSet, p[i].ModSeq = f, m.modseq
			m.pages[k], m.built[k] = p, nil
			return
		}
		i -= len(p)
	}
}

// changeAll gives all messages of page k other flags.
func (m *mailbox) changeAll(k int, f mailstore.FlagSetID) {
	m.modseq++
	p := slices.Clone(m.pages[k])
	for i := range p {
		p[i].FlagSet, p[i].ModSeq = f, m.modseq
	}
	m.pages[k], m.built[k] = p, nil
}

// expunge removes n messages from index i.
func (m *mailbox) expunge(i, n int) {
	m.modseq++
	for k := 0; k < len(m.pages) && n > 0; k++ {
		p := m.pages[k]
		if i >= len(p) {
			i -= len(p)
			continue
		}
		end := min(len(p), i+n)
		n -= end - i
		m.pages[k], m.built[k] = slices.Delete(slices.Clone(p), i, end), nil
		i = 0
		if len(m.pages[k]) == 0 {
			m.pages, m.built = slices.Delete(m.pages, k, k+1), slices.Delete(m.built, k, k+1)
			k--
		}
	}
}

func (m *mailbox) snapshot() *mailstore.Snapshot {
	for i, p := range m.pages {
		if m.built[i] == nil {
			m.built[i] = mailstore.NewPage(slices.Clone(p))
		}
	}
	return mailstore.NewSnapshot(&mailstore.Mailbox{UIDNext: m.next, HighestModSeq: m.modseq}, &mailstore.FlagTable{}, m.modseq, slices.Clone(m.built))
}

// client is what a client that believes all it is told knows. A message of
// which it was told nothing but that it exists has UID 0.
type client []mailstore.Message

func (c *client) apply(t *testing.T, u Update, shown *mailstore.Snapshot) {
	t.Helper()
	var gone []restante.UID
	before := slices.Clone(*c)
	for _, seq := range u.Expunged() {
		if seq < 1 || seq > len(*c) {
			t.Fatalf("EXPUNGE %d of %d messages", seq, len(*c))
		}
		gone = append(gone, (*c)[seq-1].UID)
		*c = slices.Delete(*c, seq-1, seq)
	}
	var told mailstore.UIDSet
	for _, uid := range gone {
		told = told.Add(uid)
	}
	if !slices.Equal(told, u.Vanished()) {
		t.Fatalf("EXPUNGE of %v, VANISHED %v; before: %v", gone, u.Vanished(), before)
	}
	stay := len(*c)
	if n, ok := u.Exists(); ok {
		if n <= len(*c) {
			t.Fatalf("EXISTS %d where the client knows of %d", n, len(*c))
		}
		for seq := len(*c) + 1; seq <= n; seq++ {
			*c = append(*c, shown.At(seq))
		}
		first, last, any := u.Arrived()
		if !any || first != (*c)[stay].UID || last != (*c)[n-1].UID {
			t.Fatalf("arrived %d:%d %v, want %d:%d", first, last, any, (*c)[stay].UID, (*c)[n-1].UID)
		}
	}
	prev := 0
	for ch := range u.Changed {
		if ch.Seq <= prev || ch.Seq > stay || (*c)[ch.Seq-1].UID != ch.New.UID || (*c)[ch.Seq-1].FlagSet != ch.Old {
			t.Fatalf("change of %d (UID %d) after %d; the client has UID %d there", ch.Seq, ch.New.UID, prev, (*c)[ch.Seq-1].UID)
		}
		prev = ch.Seq
		(*c)[ch.Seq-1].FlagSet, (*c)[ch.Seq-1].ModSeq = ch.New.FlagSet, ch.New.ModSeq
	}
}

// check compares the client's picture with the view's and, where nothing is
// held back, with the mailbox.
func (c client) check(t *testing.T, v *View, m *mailbox, all bool) {
	t.Helper()
	shown := v.Shown()
	if shown.Len() != len(c) {
		t.Fatalf("client has %d messages, view %d", len(c), shown.Len())
	}
	present := map[restante.UID]mailstore.Message{}
	for _, p := range m.pages {
		for _, msg := range p {
			present[msg.UID] = msg
		}
	}
	ghosts := 0
	for i, msg := range c {
		if shown.At(i+1) != msg {
			t.Fatalf("message %d: client has %+v, view %+v", i+1, msg, shown.At(i+1))
		}
		now, ok := present[msg.UID]
		if ok && now != msg {
			t.Fatalf("message %d: client has %+v, mailbox %+v", i+1, msg, now)
		}
		if ok == v.Gone(msg.UID) {
			t.Fatalf("UID %d is present: %v, gone: %v", msg.UID, ok, !ok)
		}
		if !ok {
			ghosts++
		}
	}
	if len(c)-ghosts != len(present) || v.GhostSet().Count() != int64(ghosts) || all && ghosts != 0 {
		t.Fatalf("%d shown, %d of them gone, %d in the mailbox", len(c), ghosts, len(present))
	}
}

// session runs a random history from the choices that next gives.
func session(t *testing.T, steps int, next func(n int) int) {
	m := newMailbox(1+next(5), next(30))
	v := New(m.snapshot())
	var c client
	for seq := 1; seq <= v.Shown().Len(); seq++ {
		c = append(c, v.Shown().At(seq))
	}
	for range steps {
		for range next(4) {
			switch n := m.count(); {
			case n == 0 || next(3) == 0:
				m.append(1 + next(6))
			case next(2) == 0:
				m.change(next(n), mailstore.FlagSetID(next(4)))
			default:
				i := next(n)
				m.expunge(i, 1+next(min(12, n-i)))
			}
		}
		may := next(2) == 0
		u := v.Advance(m.snapshot(), may)
		if !may && len(u.Expunged())+len(u.Vanished()) > 0 {
			t.Fatal("expunges told where they may not be")
		}
		c.apply(t, u, v.Shown())
		c.check(t, v, m, may)
	}
}

func TestRandomHistories(t *testing.T) {
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		session(t, 60, r.Intn)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte("\x02\x10\x03\x00\x01\x01\x02\x03\x01\x05\x03\x01"))
	f.Add([]byte{4, 29, 3, 1, 1, 0, 11, 0, 1, 2, 2, 2, 2, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		session(t, min(len(in), 64), func(n int) int {
			if len(in) == 0 {
				return 0
			}
			b := int(in[0])
			in = in[1:]
			return b % n
		})
	})
}

func TestOlderSnapshotChangesNothing(t *testing.T) {
	m := newMailbox(4, 10)
	early := m.snapshot()
	m.append(3)
	m.expunge(2, 2)
	v := New(m.snapshot())
	shown := v.Shown()
	u := v.Advance(early, true)
	if !u.Empty() || v.Shown() != shown {
		t.Fatalf("an older snapshot was taken in: %+v", u)
	}
}

func TestArrivedAndExpungedUnseenIsNeverTold(t *testing.T) {
	m := newMailbox(4, 3)
	v := New(m.snapshot())
	m.append(2)
	m.expunge(3, 2)
	u := v.Advance(m.snapshot(), true)
	if _, any := u.Exists(); any || len(u.Expunged()) > 0 {
		t.Fatalf("told of messages that the client never knew: %+v", u)
	}
}

func TestRecent(t *testing.T) {
	m := newMailbox(4, 10)
	v := New(m.snapshot())
	v.AddRecent(8, 10)
	m.append(5)
	v.Advance(m.snapshot(), true)
	v.AddRecent(13, 15)
	want := map[restante.UID]bool{8: true, 9: true, 10: true, 13: true, 14: true, 15: true}
	for uid := restante.UID(1); uid <= 15; uid++ {
		if v.Recent(uid) != want[uid] {
			t.Errorf("UID %d recent: %v", uid, v.Recent(uid))
		}
	}
	if n := v.RecentCount(); n != 6 {
		t.Errorf("%d recent, want 6", n)
	}
	m.expunge(9, 2) // UIDs 10 and 11
	v.Advance(m.snapshot(), true)
	if n := v.RecentCount(); n != 5 {
		t.Errorf("after expunge: %d recent, want 5", n)
	}
	v.AddRecent(16, 20)
	v.AddRecent(18, 17)
	if len(v.recent) != 2 {
		t.Errorf("ranges: %v", v.recent)
	}
}

// BenchmarkAdvance compares snapshots of a million messages.
func BenchmarkAdvance(b *testing.B) {
	m := newMailbox(256, 1_000_000)
	base := m.snapshot()
	m.change(500_000, 1)
	changed := m.snapshot()
	m.expunge(700_000, 1)
	expunged := m.snapshot()
	for i := range m.count() / m.size {
		m.changeAll(i, 2)
	}
	every := m.snapshot()
	for _, c := range []struct {
		name       string
		from, to   *mailstore.Snapshot
		mayExpunge bool
	}{
		{"flags", base, changed, false},
		{"every", expunged, every, false},
		{"expunge", changed, expunged, true},
		{"ghost", changed, expunged, false},
		{"same", base, base, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v := New(c.from)
				u := v.Advance(c.to, c.mayExpunge)
				for range u.Changed {
				}
			}
		})
	}
}
