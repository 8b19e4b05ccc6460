package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// fetched reads the response of a FETCH with one literal: what stands before it,
// and its octets, which go to w.
func (c *client) fetched(w io.Writer) (head string, n int64) {
	c.t.Helper()
	head = c.line()
	size := head[strings.LastIndexByte(head, '{')+1 : len(head)-1]
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		c.t.Fatalf("no literal at the end of %q", head)
	}
	if _, err := io.CopyN(w, c.r, n); err != nil {
		c.t.Fatal(err)
	}
	return head, n
}

// TestFetchUnreadable damages one message: the others are sent, and the answer
// names it.
func TestFetchUnreadable(t *testing.T) {
	// quirk: one-bad-message
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	for i := range 5 {
		if err := h.deliver("alice", "INBOX", fmt.Sprintf("Subject: %d\r\n\r\nbody %d", i+1, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	for _, kind := range []struct {
		err    error
		answer string
	}{
		{restante.ErrCorrupt, "NO [CORRUPTION] Message with UID 3 cannot be read; all others were sent"},
		{restante.ErrUnavailable, "NO [UNAVAILABLE]"},
	} {
		var third [8]byte
		binary.BigEndian.PutUint64(third[:], 3)
		h.kv.Inject(memkv.Faults{Read: func(p kv.Partition, key []byte) error {
			if p == kv.Partition(a.ID()) && bytes.HasSuffix(key, third[:]) {
				return kind.err
			}
			return nil
		}})
		for _, items := range []string{"ENVELOPE", "UID BODYSTRUCTURE", "RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "BODY.PEEK[]"} {
			lines, answer := c.try("f FETCH 1:5 (" + items + ")")
			all := strings.Join(lines, "\n") + "\n"
			if !strings.HasPrefix(answer, "f "+kind.answer) {
				t.Errorf("%s: %s", items, answer)
			}
			if kind.err != restante.ErrCorrupt {
				continue
			}
			if lines := c.do("f FETCH 2,4 (UID " + items + ")"); len(lines) < 2 {
				t.Errorf("%s: the messages beside it: %q", items, lines)
			}
			for n := 1; n <= 5; n++ {
				if sent := strings.Contains(all, fmt.Sprintf("* %d FETCH (", n)); sent != (n != 3) {
					t.Errorf("%s: message %d sent: %v\n%s", items, n, sent, all)
				}
			}
		}
	}
	// What needs no content is answered for all.
	if lines := c.do("g FETCH 1:5 (FLAGS RFC822.SIZE)"); len(lines) != 5 {
		t.Errorf("%d responses, want 5", len(lines))
	}
}

// TestFetchLarge sends a message and parts of it that are larger than any
// buffer.
func TestFetchLarge(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	line := strings.Repeat("0123456789abcdef", 4) + "\r\n"
	text := "Subject: large\r\nContent-Type: application/octet-stream\r\n\r\n" + strings.Repeat(line, 40_000)
	if err := h.deliver("alice", "INBOX", text); err != nil {
		t.Fatal(err)
	}
	c.do("s SELECT INBOX")
	body := text[strings.Index(text, "\r\n\r\n")+4:]
	for _, f := range []struct{ items, want string }{
		{"BODY.PEEK[]", text},
		{"BODY.PEEK[TEXT]", body},
		{"BODY.PEEK[1]", body},
		{"BINARY.PEEK[1]", body},
		{"BODY.PEEK[]<300000.1000000>", text[300_000:1_300_000]},
		{"BINARY.PEEK[1]<2000000.5000000>", body[2_000_000:]},
		{"BODY.PEEK[1]<0.512>", body[:512]},
	} {
		var got bytes.Buffer
		c.send("f FETCH 1 " + f.items + "\r\n")
		_, n := c.fetched(&got)
		c.expect(")")
		c.expect("f OK")
		if n != int64(len(f.want)) || got.String() != f.want {
			t.Errorf("%s: got %d octets, want %d", f.items, n, len(f.want))
		}
	}
}

// TestFetchLostConnection hangs up in the middle of a large answer; the server
// goes on serving others, and ends the session.
func TestFetchLostConnection(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	for range 4 {
		if err := h.deliver("alice", "INBOX", "Subject: large\r\n\r\n"+strings.Repeat("x", 8<<20)); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	c.send("f FETCH 1:4 BODY[]\r\n")
	c.line()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	d := h.login(t, "alice")
	d.do("s SELECT INBOX")
	d.do("n NOOP")
}

// snapshotOf makes a mailbox of the UIDs, in pages of a few.
func snapshotOf(uids []restante.UID, perPage int) *mailstore.Snapshot {
	var pages []*mailstore.Page
	var page []mailstore.Message
	for i, uid := range uids {
		page = append(page, mailstore.Message{UID: uid})
		if len(page) == perPage || i == len(uids)-1 {
			pages, page = append(pages, mailstore.NewPage(page)), nil
		}
	}
	return mailstore.NewSnapshot(&mailstore.Mailbox{}, &mailstore.FlagTable{}, 1, pages)
}

func TestTargets(t *testing.T) {
	snap := snapshotOf([]restante.UID{2, 3, 5, 8, 9, 10, 20, 21, 40}, 2)
	for _, c := range []struct {
		uids mailstore.UIDSet
		want string // sequence numbers
	}{
		{nil, ""},
		{mailstore.UIDSet{{First: 1, Last: 1}}, ""},
		{mailstore.UIDSet{{First: 1, Last: 99}}, "1:9"},
		{mailstore.UIDSet{{First: 4, Last: 7}}, "3"},
		{mailstore.UIDSet{{First: 6, Last: 7}}, ""},
		{mailstore.UIDSet{{First: 3, Last: 3}, {First: 5, Last: 5}, {First: 9, Last: 20}}, "2:3,5:7"},
		{mailstore.UIDSet{{First: 40, Last: ^restante.UID(0)}}, "9"},
	} {
		x := targets{snap: snap}
		x.addUIDs(c.uids)
		if got := imap.NumSetOfRanges(x.ranges).String(); got != c.want {
			t.Errorf("%v: messages %s, want %s", c.uids, got, c.want)
		}
		checkRuns(t, &x)
	}
}

// checkRuns compares the walk over pages with the ranges.
func checkRuns(t *testing.T, x *targets) {
	t.Helper()
	var want, got []int
	for _, r := range x.ranges {
		for n := r.Start; n <= r.Stop; n++ {
			want = append(want, int(n))
		}
	}
	x.runs(func(r run) bool {
		for i := r.from; i < r.to; i++ {
			seq := r.seq + i - r.from
			got = append(got, seq)
			if r.page.UID(i) != x.snap.UIDAt(seq) {
				t.Errorf("message %d has UID %d, the run says %d", seq, x.snap.UIDAt(seq), r.page.UID(i))
			}
			if !x.contains(seq) {
				t.Errorf("message %d is not contained", seq)
			}
		}
		return true
	})
	if fmt.Sprint(got) != fmt.Sprint(want) || x.count() != len(want) {
		t.Errorf("runs over %v, want %v (count %d)", got, want, x.count())
	}
}

func FuzzTargets(f *testing.F) {
	f.Add([]byte{1, 1, 3, 1, 9}, []byte{0, 3, 2, 9}, uint8(2))
	f.Add([]byte{0, 0, 200, 1}, []byte{255, 255}, uint8(1))
	f.Fuzz(func(t *testing.T, gaps, set []byte, perPage uint8) {
		var uids []restante.UID
		uid := restante.UID(0)
		for _, g := range gaps[:min(len(gaps), 600)] {
			uid += restante.UID(g) + 1
			uids = append(uids, uid)
		}
		x := targets{snap: snapshotOf(uids, 1+int(perPage))}
		at := restante.UID(1)
		in := map[restante.UID]bool{}
		var ranges mailstore.UIDSet
		for len(set) > 1 {
			first := at + restante.UID(set[0])
			last := first + restante.UID(set[1])
			ranges = append(ranges, mailstore.UIDRange{First: first, Last: last})
			for u := first; u <= last; u++ {
				in[u] = true
			}
			at, set = last+1, set[2:]
		}
		x.addUIDs(ranges)
		for i, u := range uids {
			if x.contains(i+1) != in[u] {
				t.Fatalf("UID %d among the targets: %v", u, !in[u])
			}
		}
		checkRuns(t, &x)
	})
}

func TestAppendTime(t *testing.T) {
	for _, c := range []struct {
		unix int64
		zone int16
		want string
	}{
		{0, 0, `" 1-Jan-1970 00:00:00 +0000"`},
		{1762330272, 150, `" 5-Nov-2025 10:41:12 +0230"`},
		{1762330272, -570, `"04-Nov-2025 22:41:12 -0930"`},
	} {
		want := strings.Replace(c.want, `"0`, `" `, 1)
		if got := string(appendTime(nil, c.unix, c.zone)); got != want {
			t.Errorf("%d %d: %s, want %s", c.unix, c.zone, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	huge := ^uint64(0)
	for _, c := range []struct {
		p       *imap.Partial
		size    int64
		from, n int64
	}{
		{nil, 10, 0, 10},
		{&imap.Partial{Offset: 0, Count: 4}, 10, 0, 4},
		{&imap.Partial{Offset: 8, Count: 4}, 10, 8, 2},
		{&imap.Partial{Offset: 10, Count: 1}, 10, 10, 0},
		{&imap.Partial{Offset: huge, Count: huge}, 10, 10, 0},
		{&imap.Partial{Offset: 1, Count: huge}, 10, 1, 9},
	} {
		if from, n := clip(c.p, c.size); from != c.from || n != c.n {
			t.Errorf("%v of %d: %d, %d", c.p, c.size, from, n)
		}
	}
}
