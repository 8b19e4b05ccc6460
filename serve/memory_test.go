package serve

import (
	"context"
	"net"
	"runtime"
	"sync"
	"testing"
)

// BenchmarkIdleConnection measures what an idle cleartext connection costs in
// the server, goroutine and buffers included; the client's half is counted
// too, as it lives in the same process.
func BenchmarkIdleConnection(b *testing.B) {
	const n = 500
	var waiting sync.WaitGroup
	waiting.Add(n)
	_, addr := start(b, Options{}, Listener{Handle: func(_ context.Context, c *Conn) {
		waiting.Done()
		var one [1]byte
		c.Read(one[:])
	}})
	memory := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := memory()
	var conns [n]net.Conn
	for i := range conns {
		conns[i] = dial(b, addr)
	}
	waiting.Wait()
	each := float64(memory()-before) / n
	for b.Loop() {
	}
	b.ReportMetric(each, "B/conn")
	for _, c := range conns {
		c.Close()
	}
}
