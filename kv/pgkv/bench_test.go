package pgkv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// BenchmarkCommit makes commits like those of a delivery in 16 partitions at once.
func BenchmarkCommit(b *testing.B) {
	server := pgtest.Start(b, "shared_buffers = 512MB", "max_wal_size = 4GB")
	for _, size := range []int{0, 2_000, 7_000, 21_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, err := Open(b.Context(), Options{URL: server.Database(b) + "?sslmode=disable"})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			body := make([]byte, size)
			for i := range body {
				body[i] = byte(rand.Uint32())
			}
			b.ResetTimer()
			var all sync.WaitGroup
			for p := range kv.Partition(16) {
				all.Go(func() {
					base := kv.Version(0)
					for n := int(p); n < b.N; n += 16 {
						batch := new(kv.Batch)
						for row := range 7 {
							batch.Set(fmt.Appendf(nil, "%d/%08d", row, n), make([]byte, 100))
						}
						batch.Set([]byte("page"), make([]byte, 2000))
						if size > 0 {
							batch.Set(fmt.Appendf(nil, "body/%08d", n), body)
						}
						if base, err = s.Commit(context.Background(), p+1, base, batch, kv.Durable); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}
