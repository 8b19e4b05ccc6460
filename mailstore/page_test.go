package mailstore

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/restante/restante"
)

func TestColumn(t *testing.T) {
	for _, values := range [][]int64{
		{0}, {5, 5, 5}, {7, 8, 9, 10}, {1, 3, 4, 9}, {-5, 300, -70000, 1 << 40}, {math.MinInt64, math.MaxInt64, 0},
		{math.MaxInt64, math.MinInt64}, {10, 9, 8}, {0, 1 << 23}, {0, 1 << 31}, {0, 1 << 55},
	} {
		enc := appendColumn([]byte("x"), values)[1:]
		if !checkColumn(enc, len(values)) || checkColumn(enc[:len(enc)-1], len(values)) || checkColumn(enc, len(values)+1) && enc[0]&^columnRising != 0 {
			t.Errorf("%v: check of % x", values, enc)
		}
		if got := decodeColumn[int64](enc, len(values)); !slices.Equal(got, values) {
			t.Errorf("%v: got %v from % x", values, got, enc)
		}
	}
}

func FuzzColumn(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 128})
	f.Fuzz(func(t *testing.T, b []byte) {
		var values []uint64
		for ; len(b) >= 8; b = b[8:] {
			values = append(values, binary.LittleEndian.Uint64(b))
		}
		if len(values) == 0 {
			return
		}
		enc := appendColumn(nil, values)
		if !checkColumn(enc, len(values)) {
			t.Fatal("refused")
		}
		if got := decodeColumn[uint64](enc, len(values)); !slices.Equal(got, values) {
			t.Fatalf("%v, want %v", got, values)
		}
	})
}

func FuzzParsePage(f *testing.F) {
	f.Add(NewPage([]Message{{UID: 1, EmailID: 1}, {UID: 9, EmailID: 700, Size: 4000}}).row())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parsePage(1, raw)
		if err != nil {
			return
		}
		var list []Message
		for i := range p.Len() {
			list = append(list, p.Message(i))
		}
		p.below(5)
		q := NewPage(list)
		for i := range list {
			if q.Message(i) != list[i] {
				t.Fatal("a page does not come back")
			}
		}
	})
}

// samplePages makes pages of sizes with a gap after every third UID.
func samplePages(sizes ...int) []*Page {
	var pages []*Page
	uid := restante.UID(0)
	for _, n := range sizes {
		var list []Message
		for range n {
			if uid++; uid%4 == 0 {
				uid++
			}
			list = append(list, Message{UID: uid, ModSeq: restante.ModSeq(uid), EmailID: restante.EmailID(uid)})
		}
		pages = append(pages, NewPage(list))
	}
	return pages
}

func TestSnapshot(t *testing.T) {
	s := NewSnapshot(&Mailbox{UIDNext: 100}, newFlagTable(), 1, samplePages(3, 1, 10, 7))
	if s.Len() != 21 || s.Last() != 27 {
		t.Fatal(s.Len(), s.Last())
	}
	seq := 0
	for uid := range restante.UID(40) {
		at, ok := s.SeqOf(uid)
		if s.Below(uid) != seq {
			t.Errorf("below %d: %d, want %d", uid, s.Below(uid), seq)
		}
		want := uid > 0 && uid%4 != 0 && uid <= s.Last()
		if ok != want {
			t.Errorf("SeqOf(%d) %v", uid, ok)
		}
		if !want {
			continue
		}
		if seq++; at != seq || s.At(seq).UID != uid || s.UIDAt(seq) != uid {
			t.Errorf("UID %d: seq %d, want %d", uid, at, seq)
		}
	}
	if got := s.absent(); !slices.Equal(got, uids(4, 4, 8, 8, 12, 12, 16, 16, 20, 20, 24, 24, 28, 99)) {
		t.Error(got)
	}
}

func TestOverlap(t *testing.T) {
	pages := samplePages(3, 1, 10, 7)
	for _, set := range []UIDSet{
		nil, uids(1, 1), uids(1, 99), uids(4, 4), uids(2, 9, 12, 12, 26, 50), uids(3, 5), uids(27, 27), uids(28, 99), uids(1, 1, 3, 3, 5, 6, 9, 22),
	} {
		var got, want []restante.UID
		err := eachOverlap(pages, set, func(i int, spans []span) error {
			for _, s := range spans {
				got = append(got, pages[i].UIDs()[s.from:s.to]...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			for _, uid := range p.UIDs() {
				if set.Contains(uid) {
					want = append(want, uid)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", set, got, want)
		}
	}
}

func TestUIDSet(t *testing.T) {
	s := NewUIDSet([]UIDRange{{9, 7}, {1, 2}, {3, 3}, {5, 8}, {20, 20}})
	if !slices.Equal(s, uids(1, 3, 5, 9, 20, 20)) || s.Count() != 9 {
		t.Fatal(s)
	}
	if got := s.Minus(uids(2, 6, 9, 9, 15, 30)); !slices.Equal(got, uids(1, 1, 7, 8)) {
		t.Error(got)
	}
	top := uids(1, 1<<32-1)
	if got := top.Minus(uids(1<<32-1, 1<<32-1)); !slices.Equal(got, uids(1, 1<<32-2)) {
		t.Error(got)
	}
	if got := top.Add(1<<32 - 1); len(got) != 1 {
		t.Error(got)
	}
	got, ok := parseUIDSet(appendUIDSet(nil, s))
	if !ok || !slices.Equal(got, s) {
		t.Error(got, ok)
	}
	for _, bad := range []string{"\x00\x01", "\x01", "\xff\xff\xff\xff\x0f\x01"} {
		if got, ok := parseUIDSet([]byte(bad)); ok {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func FuzzParseUIDSet(f *testing.F) {
	f.Add(appendUIDSet(nil, uids(1, 3, 5, 9)))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parseUIDSet(b)
		if !ok {
			return
		}
		again, ok := parseUIDSet(appendUIDSet(nil, s))
		if !ok || !slices.Equal(s, again) {
			t.Fatal(s, again)
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"inbox", "INBOX"}, {"Inbox/a", "INBOX/a"}, {"inboxes", "inboxes"}, {"e\u0301", "é"}, {"a b/%*", "a b/%*"},
		{"", ""}, {"/a", ""}, {"a/", ""}, {"a//b", ""}, {"a\x00", ""}, {"a\u0085", ""}, {"\xff", ""}, {"a\u2028", ""}, {"\x7f", ""},
	} {
		got, err := normalizeName(c.in)
		if got != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%q: %q %v", c.in, got, err)
		}
	}
}

func TestFlagTableAbandoned(t *testing.T) {
	l := Limits{}.withDefaults()
	base := newFlagTable()
	// A change that is given up leaves entries in the index that are not in
	// the table; they must not count.
	lost, lostID, _, err := base.intern(nil, Seen, []string{"one"}, l)
	if err != nil || lost.n != 2 {
		t.Fatal(err)
	}
	kept, id, added, err := base.intern(nil, Flagged, []string{"Two"}, l)
	if err != nil || id != lostID || !added {
		t.Fatal(id, added, err)
	}
	again, id, added, err := kept.intern(nil, Seen, []string{"ONE", "two", "one"}, l)
	if err != nil || id != 2 || !added {
		t.Fatal(id, added, err)
	}
	if got := string(again.Set(2).Wire); got != `\Seen ONE Two` {
		t.Error(got)
	}
	if !slices.Equal(again.Keywords(), []string{"Two", "ONE"}) || again.Set(9) != nil || !again.Set(2).Has("tWo") || again.Set(2).Has(`\Flagged`) {
		t.Error(again.Keywords())
	}
}
