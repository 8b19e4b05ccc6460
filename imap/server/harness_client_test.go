package server

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// client is a connection for tests that are no transcripts.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func (h *host) client(t testing.TB) *client {
	t.Helper()
	c, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	cl := &client{t: t, Conn: c, r: bufio.NewReader(c)}
	c.SetDeadline(time.Now().Add(patience))
	cl.expect("* OK [CAPABILITY ")
	return cl
}

// login gives a client that has logged in as the user.
func (h *host) login(t testing.TB, user string) *client {
	t.Helper()
	c := h.client(t)
	c.do("login LOGIN " + user + " secret")
	return c
}

// line reads one line.
func (c *client) line() string {
	c.t.Helper()
	l, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("reading a line: %v (%q)", err, l)
	}
	return strings.TrimSuffix(l, "\r\n")
}

// expect reads one line that begins with prefix.
func (c *client) expect(prefix string) string {
	c.t.Helper()
	l := c.line()
	if !strings.HasPrefix(l, prefix) {
		c.t.Fatalf("got %q, want %q", l, prefix)
	}
	return l
}

func (c *client) send(s string) {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c.Conn, s); err != nil {
		c.t.Fatal(err)
	}
}

// do sends a command, reads up to its tagged answer, which must be OK, and gives
// the lines before it.
func (c *client) do(command string) []string {
	c.t.Helper()
	lines, answer := c.try(command)
	if tag, _, _ := strings.Cut(command, " "); !strings.HasPrefix(answer, tag+" OK") {
		c.t.Fatalf("%s: %s", command, answer)
	}
	return lines
}

// try is do for commands that may fail; it gives the tagged answer too.
func (c *client) try(command string) (untagged []string, answer string) {
	c.t.Helper()
	c.send(command + "\r\n")
	tag, _, _ := strings.Cut(command, " ")
	for {
		l := c.line()
		if strings.HasPrefix(l, tag+" ") {
			return untagged, l
		}
		untagged = append(untagged, l)
	}
}

// leave ends the session, and returns once it is over.
func (c *client) leave() {
	c.t.Helper()
	c.do("leave LOGOUT")
	if !c.closed() {
		c.t.Error("not closed")
	}
}

// closed reports whether the server has closed the connection.
func (c *client) closed() bool {
	_, err := c.r.ReadByte()
	return err != nil
}
