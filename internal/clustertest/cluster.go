// Package clustertest starts a whole cluster on this machine in one call: a
// PostgreSQL primary with a synchronous standby, an S3 server, a NATS server, a
// balancer, and nodes of the real program. Each part can be stopped, killed and paused, and the
// network between a node and the database can be cut.
package clustertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/internal/s3test"
	"github.com/restante/restante/test/binary"
)

// Options say what a cluster has.
type Options struct {
	// Program is the path of the program, as from [binary.Build].
	Program string
	// Nodes is how many there are; 0 is 3.
	Nodes int
	// Standby gives the primary a standby that every commit waits for.
	Standby bool
	// S3 has bodies above 32 KiB kept in an S3 server.
	S3 bool
	// NATS has nodes tell one another of commits by a nats-server, in place of PostgreSQL.
	NATS bool
	// Balancer puts HAProxy before the nodes.
	Balancer bool
	// Wait is how long commands wait for the database, as in the configuration; "" is 8s.
	Wait string
	// Config is further lines of every node's configuration, with dotted keys.
	Config string
	// NodeConfig, if not nil, gives further lines for one node.
	NodeConfig func(node int) string
}

// Cluster is a running cluster. It ends with the test, and before it ends the whole
// store is checked.
type Cluster struct {
	Primary  *pgtest.Server
	Standby  *pgtest.Server // or nil
	S3       *s3test.Server // or nil
	NATS     *NATS          // or nil
	Balancer *Balancer      // or nil
	Nodes    []*Node

	s3Config string // what nodes are told of S3
}

// Node is one node.
type Node struct {
	*binary.Server
	HTTP    string          // host:port of its health and metrics, behind a balancer
	proxies []*pgtest.Proxy // to the primary and to the standby
}

// Start starts a cluster. What is not installed on this machine skips the test, or
// fails it where all is required (see [pgtest.Required]).
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if o.Wait == "" {
		o.Wait = "8s"
	}
	c := &Cluster{Primary: pgtest.Start(t)}
	c.Primary.Exec(t, "postgres", "CREATE DATABASE mail")
	if o.Standby {
		c.Standby = c.Primary.Standby(t)
	}
	if o.S3 {
		c.S3, c.s3Config = startS3(t)
	}
	if o.NATS {
		c.NATS = startNATS(t)
	}
	for i := range o.Nodes {
		c.Nodes = append(c.Nodes, c.startNode(t, o, i))
	}
	if o.Balancer {
		c.startBalancer(t)
	}
	t.Cleanup(func() { c.finish(t) })
	return c
}

// startNode starts a node that reaches the databases by proxies of its own.
func (c *Cluster) startNode(t testing.TB, o Options, number int) *Node {
	t.Helper()
	n := new(Node)
	var hosts []string
	for _, server := range []*pgtest.Server{c.Primary, c.Standby} {
		if server != nil {
			p := pgtest.NewProxy(t, server.Port)
			n.proxies = append(n.proxies, p)
			hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", p.Port))
		}
	}
	config := fmt.Sprintf(nodeConfig,
		fmt.Sprintf("postgres://postgres@%s/mail?target_session_attrs=read-write", strings.Join(hosts, ",")), o.Wait) + o.Config
	config += c.s3Config
	if c.NATS != nil {
		config += fmt.Sprintf(natsNodeConfig, c.NATS.Addr)
	}
	if o.Balancer {
		n.HTTP = loopback.FreeAddr(t)
		config += fmt.Sprintf(balancerNodeConfig, n.HTTP)
	}
	if o.NodeConfig != nil {
		config += o.NodeConfig(number)
	}
	var first *binary.Server
	if len(c.Nodes) > 0 {
		first = c.Nodes[0].Server
	}
	n.Server = binary.Start(t, binary.Options{Path: o.Program, Config: config, Shared: true, Certificate: first})
	return n
}

// nodeConfig has few connections a node, so that three fit the tests' PostgreSQL with
// room for those of nodes that were killed.
const nodeConfig = `
store.engine = "postgresql"
store.postgresql.url = %q
store.postgresql.wait = %q
store.postgresql.read_connections = 12
store.postgresql.write_connections = 8
`

// CutOff cuts the network between the node and the databases: connections break, and
// new ones are refused. Silent has them stay open and nothing come through, as
// when packets are dropped.
func (n *Node) CutOff(silent bool) {
	for _, p := range n.proxies {
		if silent {
			p.Mute(true)
			continue
		}
		p.Down(true)
		p.Cut()
	}
}

// Reconnect mends what CutOff has cut.
func (n *Node) Reconnect() {
	for _, p := range n.proxies {
		// What was sent meanwhile is lost, so that the connections are of no use.
		p.Cut()
		p.Mute(false)
		p.Down(false)
	}
}

// FailOver kills the primary and promotes the standby.
func (c *Cluster) FailOver(t testing.TB) {
	t.Helper()
	c.Primary.Kill()
	c.Standby.Promote(t)
}

// AddUser adds a user by the first node.
func (c *Cluster) AddUser(t testing.TB, name, password string) {
	t.Helper()
	c.Nodes[0].AddUser(t, name, password)
}

// Check has a node check the whole store, and fails the test unless it is clean.
func (c *Cluster) Check(t testing.TB) {
	t.Helper()
	c.Nodes[0].Check(t)
}

// finish is the end of a test, before the nodes end.
func (c *Cluster) finish(t testing.TB) {
	t.Helper()
	if !t.Failed() {
		c.Check(t)
	}
}
