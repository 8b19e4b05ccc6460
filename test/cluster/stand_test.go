package cluster_test

import (
	"os"
	"os/signal"
	"testing"

	"github.com/restante/restante/internal/clustertest"
)

// standEnv names the environment variable that has TestStand run.
const standEnv = "RESTANTE_STAND"

// TestStand starts a whole cluster for whoever wants to try something by hand, and keeps
// it until it is interrupted.
func TestStand(t *testing.T) {
	if os.Getenv(standEnv) == "" {
		t.Skip("a cluster to try things by hand is started with " + standEnv + "=1 only")
	}
	c := start(t, clustertest.Options{Standby: true, S3: true, NATS: true, Balancer: true})
	const user = "alice@example.org"
	c.AddUser(t, user, password)
	t.Logf("user %s, password %s", user, password)
	t.Logf("PostgreSQL: %s, standby %s; S3: %s; NATS: %s", c.Primary.URL("mail"), c.Standby.URL("mail"), c.S3.Addr, c.NATS.Addr)
	t.Logf("balancer: IMAP over TLS %s, LMTP %s; CA %s", c.Balancer.IMAPS, c.Balancer.LMTP, c.Nodes[0].CA)
	for i, n := range c.Nodes {
		t.Logf("node %d: IMAP %s, over TLS %s, LMTP %s, HTTP %s; configuration %s", i, n.IMAP, n.IMAPS, n.LMTP, n.HTTP, n.Config)
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	<-interrupted
}
