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

// TestFreePortIsHeld: a port that nobody listens on yet is given to one test only.
func TestFreePortIsHeld(t *testing.T) {
	given := make(map[int]bool)
	for range ports / 20 { // of which about 15 would be given twice
		port := FreePort(t)
		if given[port] {
			t.Fatalf("port %d is given twice", port)
		}
		given[port] = true
	}
}

// TestFreeAddrIsOnes: a port whose server is away for a while is given to nobody else.
func TestFreeAddrIsOnes(t *testing.T) {
	seen := map[int]bool{}
	for range ports / 4 {
		port := FreePort(t)
		if seen[port] {
			t.Fatalf("port %d is given twice", port)
		}
		seen[port] = true
	}
}
