package mailstore

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pgkv"
)

// benchPostgreSQL opens a store on a server that syncs, and answers what opens it
// once more.
func benchPostgreSQL(b *testing.B) func(testing.TB) kv.Store {
	server := pgtest.Start(b, "shared_buffers = 512MB", "max_wal_size = 4GB")
	url := server.Database(b)
	return func(t testing.TB) kv.Store {
		s, err := pgkv.Open(context.Background(), pgkv.Options{URL: url + "?sslmode=disable"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
}

// BenchmarkAppend16 appends to 16 accounts at once.
func BenchmarkAppend16(b *testing.B) {
	for name, open := range map[string]func(*testing.B) kv.Store{
		"pebble":     func(b *testing.B) kv.Store { return openPebble(b) },
		"postgresql": func(b *testing.B) kv.Store { return benchPostgreSQL(b)(b) },
	} {
		b.Run(name, func(b *testing.B) {
			engine := open(b)
			var accounts []*Account
			var boxes []restante.MailboxID
			for range 16 {
				a, mb := benchAccount(b, engine)
				accounts, boxes = append(accounts, a), append(boxes, mb)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			var letters [][]byte
			for i := range 500 {
				letters = append(letters, letter(rng, i, 21_000))
			}
			b.SetBytes(21_000)
			b.ResetTimer()
			var all sync.WaitGroup
			for i, a := range accounts {
				all.Go(func() {
					for n := i; n < b.N; n += len(accounts) {
						if err := a.Refresh(context.Background()); err != nil {
							b.Error(err)
						}
						appendLetters(b, a, boxes[i], letters[n%len(letters)])
					}
				})
			}
			all.Wait()
			if s, ok := engine.(*pgkv.Store); ok {
				b.ReportMetric(float64(s.Stats().RoundTrips)/float64(b.N), "trips/op")
			}
		})
	}
}

// BenchmarkColdSelect opens a mailbox of 100,000 messages on a node that has
// nothing of its account.
func BenchmarkColdSelect(b *testing.B) {
	const messages = 100_000
	for name, open := range map[string]func(*testing.B) func(testing.TB) kv.Store{
		"pebble": func(b *testing.B) func(testing.TB) kv.Store {
			engine := openPebble(b)
			return func(testing.TB) kv.Store { return engine }
		},
		"postgresql": benchPostgreSQL,
	} {
		b.Run(name, func(b *testing.B) {
			again := open(b)
			a, mb := benchAccount(b, again(b))
			fill(b, a, mb, 1000, 2000)
			for n := 1000; n < messages; n *= 2 {
				if _, err := a.Copy(b.Context(), mb, uids(1, restante.UID(min(n, messages-n))), mb); err != nil {
					b.Fatal(err)
				}
			}
			engine := again(b)
			b.ResetTimer()
			for b.Loop() {
				s, err := Open(b.Context(), Options{KV: engine})
				if err != nil {
					b.Fatal(err)
				}
				cold, err := s.Account(b.Context(), a.ID())
				if err != nil {
					b.Fatal(err)
				}
				snap, err := cold.Snapshot(b.Context(), mb)
				if err != nil || snap.Len() != messages {
					b.Fatal(err, snap.Len())
				}
				cold.Release()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/select")
		})
	}
}
