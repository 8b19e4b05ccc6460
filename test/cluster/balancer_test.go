package cluster_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// balancer is HAProxy with the configuration of packaging/haproxy.cfg, before three
// nodes.
type balancer struct {
	t                 *testing.T
	cluster           *clustertest.Cluster
	imaps, imap, lmtp string // its addresses
}

// balancerAddress is where the balancer's connections to the nodes come from, so that
// the test's own need no PROXY header.
const balancerAddress = "127.0.0.9"

func startBalancer(t *testing.T) *balancer {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy"
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("HAProxy is not installed")
	}
	var health []string
	c := start(t, clustertest.Options{NodeConfig: func(int) string {
		addr := binary.FreeAddr(t)
		health = append(health, addr)
		return fmt.Sprintf("imap.proxy_from = [%q]\nlmtp.proxy_from = [%q]\nhttp.listen = [%q]\nhttp.drain_wait = \"4s\"\n",
			balancerAddress, balancerAddress, addr)
	}})
	b := &balancer{t: t, cluster: c, imaps: binary.FreeAddr(t), imap: binary.FreeAddr(t), lmtp: binary.FreeAddr(t)}
	text, err := os.ReadFile("../../packaging/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	replace := func(old, new string) {
		t.Helper()
		if !strings.Contains(config, old) {
			t.Fatalf("packaging/haproxy.cfg has no %q", old)
		}
		config = strings.ReplaceAll(config, old, new)
	}
	replace("maxconn 60000", "maxconn 1000") // as many files as a test may open
	replace("bind :993", "bind "+b.imaps)
	replace("bind :143", "bind "+b.imap)
	replace("bind 127.0.0.1:24\n", "bind "+b.lmtp+"\n")
	replace("check port 8143 ", "check source "+balancerAddress+" ")
	for i, n := range c.Nodes {
		_, port, _ := net.SplitHostPort(health[i])
		for suffix, addr := range map[string]string{"993": n.IMAPS, "143": n.IMAP, "24": n.LMTP} {
			old := regexp.MustCompile(fmt.Sprintf(`10\.0\.0\.1%d:%s\n`, i+1, suffix))
			if !old.MatchString(config) {
				t.Fatalf("packaging/haproxy.cfg has no node %d for port %s", i+1, suffix)
			}
			config = old.ReplaceAllString(config, addr+" port "+port+"\n")
		}
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-c", "-f", "../../packaging/haproxy.cfg").CombinedOutput(); err != nil {
		t.Fatalf("packaging/haproxy.cfg: %v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-db", "-f", file)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if out, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("HAProxy: %s", out)
		}
	})
	return b
}

// dial connects from an address of this machine, over TLS, and logs in.
func (b *balancer) dial(from, user string) (*imapclient.Client, error) {
	config := b.cluster.Nodes[0].TLS(b.t).Clone()
	// Each node has a certificate of its own test authority; the balancer's does not matter here.
	config.InsecureSkipVerify = true
	c, err := imapclient.DialFrom(from, b.imaps, config)
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
	b := startBalancer(t)
	const user = "balanced@example.org"
	b.cluster.AddUser(t, user, password)
	var first *imapclient.Client
	binary.Eventually(t, 30*time.Second, "the balancer has found the nodes", func() (err error) {
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
	if err := lmtpclient.Deliver(b.lmtp, "carol@example.net", user, []byte("Subject: one\r\n\r\nhello\r\n")); err != nil {
		t.Error(err)
	}
	if s, err := first.Status("INBOX", "MESSAGES"); err != nil || s["MESSAGES"] != 1 {
		t.Errorf("STATUS: %v, %v", s, err)
	}
	b.upgrade(user)
	victim := b.nodesOf("127.0.0.21", since)[0]
	b.cluster.Nodes[victim].Kill(t)
	binary.Eventually(t, 30*time.Second, "another node takes over", func() error {
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
			if err := lmtpclient.Deliver(b.lmtp, "carol@example.net", user, []byte("Subject: next\r\n\r\nhello\r\n")); err != nil {
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
		binary.Eventually(b.t, 30*time.Second, "the node is used again", func() error {
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
