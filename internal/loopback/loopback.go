// Package loopback finds addresses of this machine for servers of tests.
package loopback

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The range of ports is below those that systems give to outgoing connections (32768 and
// up), so that a server that ends finds its port free when it comes back.
const (
	firstPort = 20000
	ports     = 12000
)

// FreePort answers a TCP port of 127.0.0.1 that nobody listens on. It is nobody else's
// until the test ends, in this process or another: who listens on the port before it has it.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := firstPort + 2*rand.IntN(ports/2) + 1
		lock, err := net.Listen("tcp", address(port-1))
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			lock.Close()
			continue
		}
		l.Close()
		t.Cleanup(func() { lock.Close() })
		return port
	}
	t.Fatal("no free port on 127.0.0.1")
	return 0
}

// FreeAddr answers host:port of a FreePort.
func FreeAddr(t testing.TB) string {
	t.Helper()
	return address(FreePort(t))
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
