package loopback

import (
	"net"
	"testing"
)

// TestFreeAddr takes the address over and over, as a server that is started again does.
func TestFreeAddr(t *testing.T) {
	addr := FreeAddr(t)
	for range 3 {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if port := l.Addr().(*net.TCPAddr).Port; port < firstPort || port >= firstPort+ports {
			t.Errorf("port %d is out of the range", port)
		}
		l.Close()
	}
}
