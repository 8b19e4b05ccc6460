package clustertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/test/binary"
)

// Balancer is HAProxy with the configuration of packaging/haproxy.cfg, before three
// nodes.
type Balancer struct {
	*Process
	IMAPS, IMAP, LMTP string // host:port
}

// balancerAddr is where the balancer's connections to the nodes come from, so that
// the tests' own need no PROXY header.
const balancerAddr = "127.0.0.9"

// balancerNodeConfig is what nodes behind a balancer are told.
const balancerNodeConfig = `
imap.proxy_from = ["` + balancerAddr + `"]
lmtp.proxy_from = ["` + balancerAddr + `"]
http.listen = [%q]
http.drain_wait = "10s"
`

// startBalancer starts a balancer. It needs a moment until it uses the nodes.
func (c *Cluster) startBalancer(t testing.TB) {
	t.Helper()
	program := binary.Need(t, "haproxy", "haproxy")
	_, here, _, _ := runtime.Caller(0)
	packaged := filepath.Join(filepath.Dir(here), "..", "..", "packaging", "haproxy.cfg")
	config, err := os.ReadFile(packaged)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-c", "-f", packaged).CombinedOutput(); err != nil {
		t.Fatalf("packaging/haproxy.cfg: %v\n%s", err, out)
	}
	replace := func(old, new string) {
		t.Helper()
		if !bytes.Contains(config, []byte(old)) {
			t.Fatalf("packaging/haproxy.cfg has no %q", old)
		}
		config = bytes.ReplaceAll(config, []byte(old), []byte(new))
	}
	b := &Balancer{IMAPS: loopback.FreeAddr(t), IMAP: loopback.FreeAddr(t), LMTP: loopback.FreeAddr(t)}
	replace("maxconn 60000", "maxconn 1000")                                      // as many files as a test may open
	replace("timeout connect 5s\n", "timeout connect 1m\n    timeout check 1m\n") // nodes of a busy machine
	replace("bind :993", "bind "+b.IMAPS)
	replace("bind :143", "bind "+b.IMAP)
	replace("bind 127.0.0.1:24\n", "bind "+b.LMTP+"\n")
	replace("check port 8143 ", "check source "+balancerAddr+" ")
	for i, n := range c.Nodes {
		_, port, err := net.SplitHostPort(n.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		for suffix, addr := range map[string]string{"993": n.IMAPS, "143": n.IMAP, "24": n.LMTP} {
			replace(fmt.Sprintf("10.0.0.1%d:%s\n", i+1, suffix), addr+" port "+port+"\n")
		}
	}
	if rest := strings.Index(string(config), " 10.0.0."); rest >= 0 {
		t.Fatalf("packaging/haproxy.cfg is for other nodes: %.40s", config[rest:])
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Process = startProcess(t, program, "-db", "-f", file)
	c.Balancer = b
}
