package main

import (
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
)

// hold logs in and stays; it answers what the server says.
func (s site) hold(t *testing.T, user string) string {
	t.Helper()
	nc, err := net.Dial("unix", strings.TrimPrefix(s.imap, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	c := textproto.NewConn(nc)
	if _, err := c.ReadLine(); err != nil {
		t.Fatal(err)
	}
	if err := c.PrintfLine("a LOGIN %s secret", user); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := c.ReadLine()
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(line, "a "); ok {
			return rest
		}
	}
}

// until asks again and again for an answer.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// TestNodesCountTogether: the connections of an account are bounded over two nodes,
// and those of a node that is killed are forgotten.
func TestNodesCountTogether(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	const limit = "limits.connections_per_account = 4\n"
	one, two := newNode(t, url, limit), newNode(t, url, limit)
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", one.config)
	first, _, _ := one.serve(t)
	_, _, stopTwo := two.serve(t)
	until(t, "the nodes know one another", func() bool {
		return strings.Contains(good(t, "", "status", "--config", one.config), "nodes          2")
	})
	for range 4 {
		if got := one.hold(t, "bob"); !strings.HasPrefix(got, "OK") {
			t.Fatal(got)
		}
	}
	until(t, "the other node counts them", func() bool { return strings.HasPrefix(two.login(t, "bob", "secret"), "NO [LIMIT]") })
	first.Process.Kill()
	first.Wait()
	until(t, "they are forgotten with their node", func() bool { return strings.HasPrefix(two.login(t, "bob", "secret"), "OK") })
	stopTwo()
}
