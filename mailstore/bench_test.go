package mailstore

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pebblekv"
)

// engines are what operations are measured on: Pebble as it is used, and
// memory to see what is the mailstore's own.
func benchEngines(b *testing.B, f func(b *testing.B, engine func(testing.TB) kv.Store)) {
	b.Run("pebble", func(b *testing.B) { f(b, openPebble) })
	b.Run("memory", func(b *testing.B) { f(b, func(testing.TB) kv.Store { return memkv.New() }) })
}

func openPebble(t testing.TB) kv.Store {
	t.Helper()
	s, err := pebblekv.Open(pebblekv.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func benchAccount(b *testing.B, engine kv.Store) (*Account, restante.MailboxID) {
	b.Helper()
	s := openStore(b, Options{KV: engine})
	id, err := s.CreateAccount(b.Context(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	a := openAccount(b, s, id)
	return a, a.State().MailboxByName(inbox).ID
}

// letter is a message of about size bytes with the header of a usual one.
func letter(rng *rand.Rand, n, size int) []byte {
	var m strings.Builder
	for i := range 8 {
		fmt.Fprintf(&m, "Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n\tby mail.example.org; Mon, 1 Jan 2024 00:00:00 +0000\r\n", i, n, i)
	}
	fmt.Fprintf(&m, "Message-ID: <%d.%x@example.org>\r\nReferences: <%d.r@example.org>\r\n", n, rng.Uint64(), n/5)
	fmt.Fprintf(&m, "From: Ann Other <ann%d@example.org>\r\nTo: bob@example.org\r\nSubject: letter %d\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n", n%50, n)
	m.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b\r\n")
	m.WriteString("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for m.Len() < size {
		for range 9 {
			fmt.Fprintf(&m, "%08x", rng.Uint32())
		}
		m.WriteString("\r\n")
	}
	m.WriteString("--b--\r\n")
	return []byte(m.String())
}

func appendLetters(tb testing.TB, a *Account, mb restante.MailboxID, letters ...[]byte) {
	tb.Helper()
	p := a.BeginAppend(tb.Context())
	for _, l := range letters {
		w, err := p.Message(NewMessage{Size: int64(len(l))})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write(l); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := p.Commit(tb.Context(), mb); err != nil {
		tb.Fatal(err)
	}
}

// fill puts n messages of about size bytes into a mailbox, a hundred a commit.
func fill(tb testing.TB, a *Account, mb restante.MailboxID, n, size int) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < n; {
		var batch [][]byte
		for ; done < n && len(batch) < 100; done++ {
			batch = append(batch, letter(rng, done, size))
		}
		appendLetters(tb, a, mb, batch...)
	}
}

func BenchmarkAppend(b *testing.B) {
	benchEngines(b, func(b *testing.B, engine func(testing.TB) kv.Store) {
		a, mb := benchAccount(b, engine(b))
		rng := rand.New(rand.NewPCG(1, 2))
		var letters [][]byte
		for i := range 500 {
			letters = append(letters, letter(rng, i, 21_000))
		}
		b.ReportAllocs()
		b.SetBytes(21_000)
		n := 0
		for b.Loop() {
			appendLetters(b, a, mb, letters[n%len(letters)])
			n++
		}
	})
}

// BenchmarkAppendShared appends to one account from many goroutines, which
// share commits.
func BenchmarkAppendShared(b *testing.B) {
	a, mb := benchAccount(b, openPebble(b))
	l := letter(rand.New(rand.NewPCG(1, 2)), 1, 21_000)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			appendLetters(b, a, mb, l)
		}
	})
}

func BenchmarkAppendAccounts(b *testing.B) {
	engine := openPebble(b)
	l := letter(rand.New(rand.NewPCG(1, 2)), 1, 21_000)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		a, mb := benchAccount(b, engine)
		for pb.Next() {
			appendLetters(b, a, mb, l)
		}
	})
}

func BenchmarkFill(b *testing.B) {
	benchEngines(b, func(b *testing.B, engine func(testing.TB) kv.Store) {
		a, mb := benchAccount(b, engine(b))
		rng := rand.New(rand.NewPCG(1, 2))
		var letters [][]byte
		for i := range 100 {
			letters = append(letters, letter(rng, i, 21_000))
		}
		b.ReportAllocs()
		for b.Loop() {
			appendLetters(b, a, mb, letters...)
		}
		b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "msg/s")
	})
}

func BenchmarkStore(b *testing.B) {
	benchEngines(b, func(b *testing.B, engine func(testing.TB) kv.Store) {
		a, mb := benchAccount(b, engine(b))
		fill(b, a, mb, 20_000, 500)
		store := func(b *testing.B, set func(i int) UIDSet) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := a.StoreFlags(b.Context(), mb, set(i), FlagOp(1+i%2), []string{`\Seen`}, nil); err != nil {
					b.Fatal(err)
				}
				i++
			}
		}
		b.Run("all", func(b *testing.B) {
			store(b, func(int) UIDSet { return uids(1, 20_000) })
			b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "msg/s")
		})
		b.Run("one", func(b *testing.B) {
			store(b, func(i int) UIDSet { u := restante.UID(1 + i/2*7919%20_000); return uids(u, u) })
		})
	})
}

func BenchmarkCopyExpunge(b *testing.B) {
	benchEngines(b, func(b *testing.B, engine func(testing.TB) kv.Store) {
		a, mb := benchAccount(b, engine(b))
		fill(b, a, mb, 20_000, 2000)
		dst, err := a.CreateMailbox(b.Context(), "dst", nil)
		if err != nil {
			b.Fatal(err)
		}
		var copied, expunged time.Duration
		for b.Loop() {
			start := time.Now()
			if _, err := a.Copy(b.Context(), mb, uids(1, 5000), dst.ID); err != nil {
				b.Fatal(err)
			}
			copied += time.Since(start)
			start = time.Now()
			all := uids(1, 1<<32-1)
			if _, err := a.StoreFlags(b.Context(), dst.ID, all, AddFlags, []string{`\Deleted`}, nil); err != nil {
				b.Fatal(err)
			}
			if e, err := a.Expunge(b.Context(), dst.ID, nil); err != nil || e.UIDs.Count() != 5000 {
				b.Fatal(e, err)
			}
			expunged += time.Since(start)
		}
		b.ReportMetric(copied.Seconds()*1000/float64(b.N), "copy-ms")
		b.ReportMetric(expunged.Seconds()*1000/float64(b.N), "expunge-ms")
	})
}

// BenchmarkExpungeLast removes messages whose content goes with them.
func BenchmarkExpungeLast(b *testing.B) {
	benchEngines(b, func(b *testing.B, engine func(testing.TB) kv.Store) {
		a, mb := benchAccount(b, engine(b))
		for b.Loop() {
			b.StopTimer()
			fill(b, a, mb, 5000, 2000)
			b.StartTimer()
			if _, err := a.StoreFlags(b.Context(), mb, uids(1, 1<<32-1), AddFlags, []string{`\Deleted`}, nil); err != nil {
				b.Fatal(err)
			}
			if e, err := a.Expunge(b.Context(), mb, nil); err != nil || e.UIDs.Count() != 5000 {
				b.Fatal(e, err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	a, mb := benchAccount(b, openPebble(b))
	fill(b, a, mb, 5000, 21_000)
	s, err := a.Snapshot(b.Context(), mb)
	if err != nil {
		b.Fatal(err)
	}
	read := func(name string, f func(r *Reader, id restante.EmailID) error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := a.Reader(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range s.Pages() {
					for _, id := range p.EmailIDs() {
						if err := f(r, id); err != nil {
							b.Fatal(err)
						}
					}
				}
				r.Close()
			}
			b.ReportMetric(float64(b.N)*float64(s.Len())/b.Elapsed().Seconds(), "msg/s")
		})
	}
	read("summary", func(r *Reader, id restante.EmailID) error { _, err := r.Summary(id); return err })
	read("header", func(r *Reader, id restante.EmailID) error { _, err := r.Header(id); return err })
	read("body", func(r *Reader, id restante.EmailID) error { return r.WriteRange(io.Discard, id, 0, -1) })
	read("part", func(r *Reader, id restante.EmailID) error {
		s, err := r.Summary(id)
		if err != nil {
			return err
		}
		return r.WriteRange(io.Discard, id, s.HeaderSize()+40, 200)
	})
}

// BenchmarkOpenMillion opens an account and a mailbox of 1,000,000 messages.
func BenchmarkOpenMillion(b *testing.B) {
	engine := openPebble(b)
	a, mb := benchAccount(b, engine)
	millionPages(b, a, mb)
	b.ReportAllocs()
	for b.Loop() {
		s := &Store{options: Options{}.withDefaults(), kv: engine}
		s.cache.init(0)
		s.hub, s.now = s.options.Notify, time.Now
		c, err := s.Account(b.Context(), a.ID())
		if err != nil {
			b.Fatal(err)
		}
		snap, err := c.Snapshot(b.Context(), mb)
		if err != nil || snap.Len() != 1_000_000 || snap.FirstUnseen() != 1 {
			b.Fatal(snap, err)
		}
		c.Release()
	}
}

// millionPages writes the rows of 1,000,000 messages without content.
func millionPages(b testing.TB, a *Account, mb restante.MailboxID) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	_, err := a.update(b.Context(), kv.Durable, func(tx *txn) error {
		d, err := tx.open(mb)
		if err != nil {
			return err
		}
		for i := range 1_000_000 {
			_, err := tx.add(d, Message{
				EmailID: restante.EmailID(i + 1), ThreadID: restante.ThreadID(i + 1 - rng.IntN(50)), Size: 2000 + rng.Uint32N(50_000),
				InternalDate: Time{Unix: 1_500_000_000 + int64(i)*60}, SaveDate: Time{Unix: 1_700_000_000},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPage(b *testing.B) {
	var list []Message
	for i := range PageSize {
		list = append(list, Message{
			UID: restante.UID(i + 1), ModSeq: 5, EmailID: restante.EmailID(i + 1), ThreadID: restante.ThreadID(i + 1),
			InternalDate: Time{Unix: 1_500_000_000 + int64(i)*977}, SaveDate: Time{Unix: 1_700_000_000 + int64(i)}, Size: uint32(2000 + i*7919%50_000),
		})
	}
	p := NewPage(list)
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewPage(list)
		}
		b.ReportMetric(float64(len(p.raw)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			q, err := parsePage(1, p.raw)
			if err != nil {
				b.Fatal(err)
			}
			q.Message(3)
		}
	})
	b.Run("flags", func(b *testing.B) {
		b.ReportAllocs()
		sets, mods := p.FlagSets(), p.ModSeqs()
		for b.Loop() {
			p.withFlags(sets, mods, nil)
		}
	})
}
