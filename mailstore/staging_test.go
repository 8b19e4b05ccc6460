package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestContentSizes stores messages with sizes and headers around all bounds
// and reads ranges of them.
func TestContentSizes(t *testing.T) {
	f := newFixture(t, Options{})
	rng := rand.New(rand.NewPCG(1, 2))
	var want [][]byte
	p := f.BeginAppend(t.Context())
	for _, header := range []int{0, 30, firstChunk - 1, firstChunk + 1, chunkSize - 1, chunkSize, chunkSize + 1, heldMessage + 5} {
		for _, body := range []int{0, 1, firstChunk, chunkSize - 2, 3*chunkSize + 7, heldMessage + 1, 2*heldMessage + chunkSize} {
			m := strings.Repeat("X: y\r\n", header/6) + "\r\n" + strings.Repeat("0123456789abcdef", body/16+1)[:body]
			want = append(want, []byte(m))
			w, err := p.Message(NewMessage{})
			if err != nil {
				t.Fatal(err)
			}
			for b := []byte(m); len(b) > 0; {
				n := min(len(b), 1+rng.IntN(100_000))
				if _, err := w.Write(b[:n]); err != nil {
					t.Fatal(err)
				}
				b = b[n:]
			}
			held := 0
			for _, u := range p.uploads {
				held += u.held()
			}
			if held > heldAppend+3*heldMessage {
				t.Fatalf("%d bytes in memory", held)
			}
		}
	}
	if _, err := p.Commit(t.Context(), f.inbox); err != nil {
		t.Fatal(err)
	}
	r, err := f.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := f.snapshot(f.inbox)
	for i, m := range want {
		e := s.At(i + 1)
		if int(e.Size) != len(m) {
			t.Fatalf("message %d: size %d, want %d", i, e.Size, len(m))
		}
		var b bytes.Buffer
		if err := r.WriteRange(&b, e.EmailID, 0, -1); err != nil || !bytes.Equal(b.Bytes(), m) {
			t.Fatalf("message %d: %d bytes of %d: %v", i, b.Len(), len(m), err)
		}
		sum, err := r.Summary(e.EmailID)
		if err != nil {
			t.Fatal(err)
		}
		header, err := r.Header(e.EmailID)
		if err != nil || !bytes.Equal(header, m[:min(sum.HeaderSize(), longestHeader)]) {
			t.Fatalf("message %d: header of %d: %v", i, len(header), err)
		}
		for range 5 {
			off, n := rng.Int64N(int64(len(m))+10), rng.Int64N(int64(len(m))+10)
			piece := m[min(off, int64(len(m))):min(off+n, int64(len(m)))]
			got, err := io.ReadAll(r.Open(e.EmailID, off, n))
			if err != nil || !bytes.Equal(got, piece) {
				t.Fatalf("message %d: range %d+%d: %d bytes of %d: %v", i, off, n, len(got), len(piece), err)
			}
		}
	}
	if _, err := f.StoreFlags(t.Context(), f.inbox, uids(1, 99), AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	for _, set := range []UIDSet{uids(2, 2), uids(4, 9), nil} {
		if _, err := f.Expunge(t.Context(), f.inbox, set); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.countRows(kindSummary) + f.countRows(kindHeader) + f.countRows(kindBody) + f.countRows(kindStaging); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

func (f *fixture) countRows(kind byte) int {
	f.t.Helper()
	snap, err := f.store.kv.Snapshot(f.t.Context(), kv.Partition(f.ID()))
	if err != nil {
		f.t.Fatal(err)
	}
	defer snap.Close()
	n := 0
	it := snap.Scan(kindRange(kind))
	for it.Next() {
		n++
	}
	if err := it.Close(); err != nil {
		f.t.Fatal(err)
	}
	return n
}

func (f *fixture) upload(size int) *Append {
	f.t.Helper()
	p := f.BeginAppend(f.t.Context())
	w, err := p.Message(NewMessage{})
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte("line\r\n"), size/6)); err != nil {
		f.t.Fatal(err)
	}
	return p
}

func TestStagedAbort(t *testing.T) {
	f := newFixture(t, Options{})
	p := f.upload(5 << 20)
	if f.countRows(kindStaging) != 1 || f.countRows(kindBody) == 0 {
		t.Fatal("nothing was staged")
	}
	p.Abort()
	if n := f.countRows(kindStaging) + f.countRows(kindBody); n != 0 {
		t.Errorf("%d rows left", n)
	}
	if _, err := p.Commit(t.Context(), f.inbox); err == nil {
		t.Error("commit after abort")
	}
	p = f.upload(5 << 20)
	if _, err := p.Commit(t.Context(), 99); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
	p.Abort()
	if n := f.countRows(kindStaging) + f.countRows(kindBody); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

func TestStagedSweep(t *testing.T) {
	f := newFixture(t, Options{})
	p := f.upload(3 << 20) // and the process dies
	g := f.node()
	if f.countRows(kindStaging) != 1 {
		t.Fatal("a fresh upload was swept")
	}
	g.append(g.inbox, nil, "x")
	f.clock = f.clock.Add(2 * stagingLife)
	late := openStore(t, Options{KV: &oneAtATime{Store: f.backing.Open()}, Now: func() time.Time { return f.clock }})
	openAccount(t, late, f.ID())
	if n := f.countRows(kindStaging); n != 0 {
		t.Error("an abandoned upload was not swept")
	}
	if _, err := p.Commit(t.Context(), f.inbox); !errors.Is(err, restante.ErrUnavailable) {
		t.Error("commit of a swept upload: ", err)
	}
}

func TestImportTwice(t *testing.T) {
	f := newFixture(t, Options{})
	run := func(keys ...string) AppendResult {
		p := f.BeginAppend(t.Context())
		for _, k := range keys {
			w, err := p.Message(NewMessage{ImportKey: []byte(k)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(w, "Subject: %s\r\n\r\n%s", k, strings.Repeat("x", 2<<20)); err != nil {
				t.Fatal(err)
			}
		}
		r, err := p.Commit(t.Context(), f.inbox)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := run("a", "b", "a"); r.Skipped != 1 || r.First != 1 || r.Last != 2 {
		t.Errorf("%+v", r)
	}
	if r := run("b", "a"); r.Skipped != 2 || r.First != 0 || r.UIDValidity == 0 {
		t.Errorf("%+v", r)
	}
	if r := run("b", "c"); r.Skipped != 1 || r.First != 3 || r.Last != 3 {
		t.Errorf("%+v", r)
	}
	if n := f.countRows(kindStaging); n != 0 {
		t.Errorf("%d staged uploads left", n)
	}
}

// TestStageUnknown fails commits of chunks so that the outcome is not known.
func TestStageUnknown(t *testing.T) {
	f := newFixture(t, Options{})
	broken := errors.New("broken")
	fail := func(_ context.Context, c memkv.Commit) error { return failThose(c, kv.Relaxed, broken) }
	for _, written := range []bool{false, true} {
		if f.engine.Inject(memkv.Faults{BeforeCommit: fail}); written {
			f.engine.Inject(memkv.Faults{AfterCommit: fail})
		}
		p := f.BeginAppend(t.Context())
		w, err := p.Message(NewMessage{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(make([]byte, 3<<20))
		f.engine.Inject(memkv.Faults{})
		if written {
			if err != nil {
				t.Fatal(err)
			}
			p.Abort()
			continue
		}
		if !errors.Is(err, restante.ErrUnavailable) || !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if _, err := p.Commit(t.Context(), f.inbox); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	// What could not be removed then is swept later.
	f.clock = f.clock.Add(2 * stagingLife)
	openAccount(t, openStore(t, Options{KV: f.backing.Open(), Now: func() time.Time { return f.clock }}), f.ID())
	if n := f.countRows(kindStaging) + f.countRows(kindBody); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

// TestStageSwept removes what was staged of a message that is still on its way,
// as another node does that has not heard of it for long: what is left of it must
// not become a message.
func TestStageSwept(t *testing.T) {
	f := newFixture(t, Options{})
	p := f.BeginAppend(t.Context())
	w, err := p.Message(NewMessage{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	f.clock = f.clock.Add(2 * stagingLife)
	openAccount(t, openStore(t, Options{KV: f.backing.Open(), Now: func() time.Time { return f.clock }}), f.ID())
	if n := f.countRows(kindStaging); n != 0 {
		t.Fatalf("%d rows were not swept", n)
	}
	_, err = w.Write(make([]byte, 4<<20))
	if _, errCommit := p.Commit(t.Context(), f.inbox); !errors.Is(errCommit, restante.ErrUnavailable) {
		t.Errorf("%v, then %v", err, errCommit)
	}
	if n := f.snapshot(f.inbox).Len() + f.countRows(kindStaging) + f.countRows(kindBody); n != 0 {
		t.Errorf("%d messages and rows are left", n)
	}
}

// TestStagedSummaries appends more messages at once than memory holds, with what the
// commit takes from their summaries: sent dates, threads, and whether the parts are
// there that annotations are about.
func TestStagedSummaries(t *testing.T) {
	f := newFixture(t, Options{})
	add := func(entry string) error {
		t.Helper()
		p := f.BeginAppend(t.Context())
		defer p.Abort()
		for i := range 2*heldAppend/heldMessage + 1 {
			w, err := p.Message(NewMessage{Annotations: []Annotation{{Entry: entry, Value: []byte("note")}}})
			if err != nil {
				return err
			}
			head := fmt.Sprintf("Date: Thu, 5 Nov 2026 10:11:12 +0200\r\nMessage-ID: <%d@x>\r\nIn-Reply-To: <0@x>\r\n\r\n", i)
			if _, err := io.WriteString(w, head+strings.Repeat("text\r\n", (heldMessage-200)/6)); err != nil {
				return err
			}
		}
		if !p.uploads[0].stored {
			t.Fatal("nothing was staged")
		}
		_, err := p.Commit(t.Context(), f.inbox)
		return err
	}
	if err := add("/2/comment"); !errors.Is(err, ErrNoPart) {
		t.Fatalf("annotations of a part that is not there: %v", err)
	}
	if n := f.snapshot(f.inbox).Len(); n != 0 {
		t.Fatalf("%d messages after a refusal", n)
	}
	if err := add("/1/comment"); err != nil {
		t.Fatal(err)
	}
	want := TimeOf(time.Date(2026, 11, 5, 10, 11, 12, 0, time.FixedZone("", 2*3600)))
	s := f.snapshot(f.inbox)
	for i := range s.Len() {
		if m := s.At(i + 1); m.SentDate != want || m.ThreadID != s.At(1).ThreadID {
			t.Errorf("message %d was sent %v and is in thread %d", i+1, m.SentDate, m.ThreadID)
		}
	}
	if report, err := f.store.Check(t.Context(), CheckOptions{}); err != nil || len(report.Findings) > 0 {
		t.Errorf("check: %v %v", report.Findings, err)
	}
}
