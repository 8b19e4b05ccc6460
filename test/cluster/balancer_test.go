package cluster_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// balancer is a cluster behind HAProxy.
type balancer struct {
	t       *testing.T
	cluster *clustertest.Cluster
}

// dial connects from an address of this machine, over TLS, and logs in.
func (b *balancer) dial(from, user string) (*imapclient.Client, error) {
	c, err := imapclient.DialFrom(from, b.cluster.Balancer.IMAPS, b.cluster.Nodes[0].TLS(b.t))
	if err != nil {
		return nil, err
	}
	if _, err := c.Do("LOGIN %s %s", user, password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// nodesOf answers which nodes have logged connections from an address since.
func (b *balancer) nodesOf(from string, since []int) (nodes []int) {
	for i, n := range b.cluster.Nodes {
		if strings.Contains(n.LogFrom(b.t, since[i]), "remote="+from+" ") {
			nodes = append(nodes, i)
		}
	}
	return nodes
}

func (b *balancer) logSizes() (sizes []int) {
	for _, n := range b.cluster.Nodes {
		sizes = append(sizes, n.LogSize(b.t))
	}
	return sizes
}

// TestBalancer runs HAProxy as docs/cluster.md has it: a client's connections go to one
// node, which knows the client's address; a node that is stopped for an upgrade is
// left out before it ends, so that no connection is refused; and one that dies is
// replaced.
func TestBalancer(t *testing.T) {
	b := &balancer{t, start(t, clustertest.Options{Balancer: true})}
	const user = "balanced@example.org"
	b.cluster.AddUser(t, user, password)
	var first *imapclient.Client
	binary.Eventually(t, "the balancer has found the nodes", func() (err error) {
		first, err = b.dial("127.0.0.21", user)
		return err
	})
	defer first.Close()
	since := b.logSizes()
	for range 5 {
		for _, from := range []string{"127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24"} {
			c, err := b.dial(from, user)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Do("NOOP"); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	}
	for _, from := range []string{"127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24"} {
		nodes := b.nodesOf(from, since)
		if len(nodes) != 1 {
			t.Errorf("connections from %s went to nodes %v", from, nodes)
		}
	}
	if err := lmtpclient.Deliver(b.cluster.Balancer.LMTP, "carol@example.net", user, []byte("Subject: one\r\n\r\nhello\r\n")); err != nil {
		t.Error(err)
	}
	if s, err := first.Status("INBOX", "MESSAGES"); err != nil || s["MESSAGES"] != 1 {
		t.Errorf("STATUS: %v, %v", s, err)
	}
	b.upgrade(user)
	victim := b.nodesOf("127.0.0.21", since)[0]
	b.cluster.Nodes[victim].Kill(t)
	binary.Eventually(t, "another node takes over", func() error {
		c, err := b.dial("127.0.0.21", user)
		if err == nil {
			_, err = c.Do("SELECT INBOX")
			c.Close()
		}
		return err
	})
	b.cluster.Nodes[victim].Run(t)
}

// upgrade stops and starts one node after the other, as for a new version, while
// mail comes in and clients connect: nothing is refused.
func (b *balancer) upgrade(user string) {
	b.t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	var delivered, sessions atomic.Int64
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := lmtpclient.Deliver(b.cluster.Balancer.LMTP, "carol@example.net", user, []byte("Subject: next\r\n\r\nhello\r\n")); err != nil {
				b.t.Errorf("a delivery during the upgrade: %v", err)
				return
			}
			delivered.Add(1)
			c, err := b.dial(fmt.Sprintf("127.0.0.%d", 30+sessions.Add(1)%20), user)
			if err != nil {
				b.t.Errorf("a client during the upgrade: %v", err)
				return
			}
			c.Close()
		}
	}()
	for _, n := range b.cluster.Nodes {
		n.Stop(b.t)
		n.Run(b.t)
		// The next one only when the balancer uses this one again.
		since := n.LogSize(b.t)
		binary.Eventually(b.t, "the node is used again", func() error {
			if !strings.Contains(n.LogFrom(b.t, since), "remote=127.0.0.") {
				return fmt.Errorf("no connection after %d deliveries", delivered.Load())
			}
			return nil
		})
	}
	close(stop)
	<-done
	c, err := b.dial("127.0.0.21", user)
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	if s, err := c.Status("INBOX", "MESSAGES"); err != nil || int64(s["MESSAGES"]) != delivered.Load()+1 {
		b.t.Errorf("%d deliveries, STATUS: %v, %v", delivered.Load(), s, err)
	}
}
