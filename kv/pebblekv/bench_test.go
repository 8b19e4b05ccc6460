package pebblekv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/kv"
)

// mail answers a body of n bytes that compresses about like mail does.
func mail(rng *rand.Rand, n int) []byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return b
}

func benchStore(b *testing.B) *Store {
	s, err := Open(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkCommit appends messages of 21 KB, each with a few small rows, as a
// delivery does; each writer has a partition of its own.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			s := benchStore(b)
			rng := rand.New(rand.NewPCG(1, 1))
			body, summary, page := mail(rng, 19_000), mail(rng, 800), mail(rng, 1200)
			b.SetBytes(21_000)
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				wg.Go(func() {
					var batch kv.Batch
					for v := kv.Version(0); n.Add(1) <= int64(b.N); v++ {
						batch.Reset()
						batch.Set(fmt.Appendf(nil, "b%08d", v), body)
						batch.Set(fmt.Appendf(nil, "s%08d", v), summary)
						batch.Set([]byte("page"), page)
						if _, err := s.Commit(context.Background(), kv.Partition(w+256), v, &batch, kv.Durable); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// BenchmarkRelaxed changes flags: one page of 2 KB in one partition.
func BenchmarkRelaxed(b *testing.B) {
	s := benchStore(b)
	page := mail(rand.New(rand.NewPCG(1, 1)), 2000)
	var batch kv.Batch
	b.ReportAllocs()
	for v := range kv.Version(b.N) {
		batch.Reset()
		batch.Set([]byte("page"), page)
		if _, err := s.Commit(context.Background(), 256, v, &batch, kv.Relaxed); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// fillStore writes n messages: body, header of 1.5 KB and summary of 400 bytes
// each, under prefixes of their own.
func fillStore(b *testing.B, s *Store, n int) {
	rng := rand.New(rand.NewPCG(1, 1))
	body, header, summary := mail(rng, 19_000), mail(rng, 1500), mail(rng, 400)
	var v kv.Version
	for i := 0; i < n; v++ {
		var batch kv.Batch
		for range 100 {
			batch.Set(fmt.Appendf(nil, "b%08d", i), body)
			batch.Set(fmt.Appendf(nil, "h%08d", i), header)
			batch.Set(fmt.Appendf(nil, "s%08d", i), summary)
			i++
		}
		if _, err := s.Commit(context.Background(), 256, v, &batch, kv.Relaxed); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Compact(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRead reads a mailbox of 20,000 messages.
func BenchmarkRead(b *testing.B) {
	const messages = 20_000
	s := benchStore(b)
	fillStore(b, s, messages)
	snap, err := s.Snapshot(context.Background(), 256)
	if err != nil {
		b.Fatal(err)
	}
	defer snap.Close()
	for _, kind := range []string{"summary", "header", "body"} {
		b.Run("scan="+kind, func(b *testing.B) {
			b.ReportAllocs()
			var rows, size int
			for b.Loop() {
				it := snap.Scan([]byte(kind[:1]), []byte{kind[0] + 1})
				for it.Next() {
					size += len(it.Value())
					rows++
				}
				if err := it.Close(); err != nil || rows%messages != 0 {
					b.Fatal(rows, err)
				}
			}
			b.SetBytes(int64(size / b.N))
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run("get="+kind, func(b *testing.B) {
			b.ReportAllocs()
			var dst, key []byte
			for i := 0; b.Loop(); i++ {
				key = fmt.Appendf(key[:0], "%c%08d", kind[0], i*7919%messages)
				if dst, err = snap.Get(key, dst[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("snapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			snap, err := s.Snapshot(context.Background(), 256)
			if err != nil {
				b.Fatal(err)
			}
			snap.Close()
		}
	})
}

// BenchmarkScanSmall scans 100,000 rows of 60 bytes.
func BenchmarkScanSmall(b *testing.B) {
	s := benchStore(b)
	rng := rand.New(rand.NewPCG(1, 1))
	var batch kv.Batch
	for i := range 100_000 {
		batch.Set(fmt.Appendf(nil, "r%08d", i), mail(rng, 60))
	}
	ctx := context.Background()
	if _, err := s.Commit(ctx, 256, 0, &batch, kv.Durable); err != nil {
		b.Fatal(err)
	}
	if err := s.Compact(ctx); err != nil {
		b.Fatal(err)
	}
	snap, err := s.Snapshot(ctx, 256)
	if err != nil {
		b.Fatal(err)
	}
	defer snap.Close()
	for b.Loop() {
		it := snap.Scan(nil, nil)
		for it.Next() {
			_ = it.Value()
		}
		if err := it.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshot looks at one row of a partition that was committed to, as each
// append does.
func BenchmarkSnapshot(b *testing.B) {
	s := benchStore(b)
	var batch kv.Batch
	batch.Set([]byte("k"), []byte("v"))
	if _, err := s.Commit(b.Context(), 256, 0, &batch, kv.Durable); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		snap, err := s.Snapshot(b.Context(), 256)
		if err != nil {
			b.Fatal(err)
		}
		if err := snap.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
