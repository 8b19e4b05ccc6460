package server

import (
	"net"
	"testing"

	"github.com/restante/restante/serve"
)

// outside has the host listen at one more address, and takes 192.0.2.1 for the address
// of all who connect to it.
func (h *host) outside(t *testing.T) (address string) {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = h.serve.Serve(outsideListener{nl}, serve.Listener{TLS: serve.StartTLS, Protocol: "imap", Handle: h.imap.Handle})
	if err != nil {
		t.Fatal(err)
	}
	return nl.Addr().String()
}

// outsideListener accepts connections of this machine as if another had made them.
type outsideListener struct{ net.Listener }

func (l outsideListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return outsideConn{c.(*net.TCPConn)}, nil
}

type outsideConn struct{ *net.TCPConn }

func (outsideConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}
}
