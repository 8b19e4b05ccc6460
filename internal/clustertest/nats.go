package clustertest

import (
	"net"
	"testing"
	"time"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/test/binary"
)

// NATS is a nats-server, by which nodes tell one another of commits.
type NATS struct {
	*Process
	Addr string // host:port
}

// natsNodeConfig is what nodes are told of it.
const natsNodeConfig = `
store.postgresql.bus = "nats"
store.postgresql.nats.url = "nats://%s"
`

// startNATS starts a server and waits until it answers.
func startNATS(t testing.TB) *NATS {
	t.Helper()
	n := &NATS{Addr: loopback.FreeAddr(t)}
	host, port, err := net.SplitHostPort(n.Addr)
	if err != nil {
		t.Fatal(err)
	}
	n.Process = startProcess(t, binary.Need(t, "nats-server", "nats-server"), "-a", host, "-p", port)
	binary.Eventually(t, "NATS answers", func() error {
		conn, err := net.DialTimeout("tcp", n.Addr, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return n
}
