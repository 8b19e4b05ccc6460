package cost_test

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// trips stands between a node and its database and counts round trips: how often a
// node says something on a connection after the database has spoken.
type trips struct {
	port  int
	count atomic.Int64
}

func countTrips(t *testing.T, target int) *trips {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &trips{port: l.Addr().(*net.TCPAddr).Port}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", target))
			if err != nil {
				client.Close()
				return
			}
			var answered atomic.Bool
			answered.Store(true)
			go p.copy(server, client, func() {
				if answered.Swap(false) {
					p.count.Add(1)
				}
			})
			go p.copy(client, server, func() { answered.Store(true) })
		}
	}()
	return p
}

// copy passes on what is said, and tells of it before.
func (p *trips) copy(to, from net.Conn, said func()) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			said()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err == io.EOF || err != nil {
			return
		}
	}
}
