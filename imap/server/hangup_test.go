package server

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
)

// slowSearches makes the searches of alice through messages wait until release is
// called. waiting tells how many do.
func slowSearches(t *testing.T, h *host) (waiting func() int, release func()) {
	t.Helper()
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	id := a.ID()
	a.Release()
	done, err := h.imap.searches.take(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return func() int { return h.imap.searches.waiting(id) }, done
}

// waiting is how many searches of an account are waiting, where one is under way.
func (t *turns) waiting(id restante.AccountID) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.mu.accounts[id]; a != nil {
		return a.users - 1
	}
	return 0
}

// TestHangUp leaves while a search is under way, which must end then and not
// after its time.
func TestHangUp(t *testing.T) {
	const grace = 100 * time.Millisecond
	for name, leave := range map[string]struct {
		tls  bool
		more string // sent behind the search
		by   func(*client)
		ends bool
	}{
		"close":           {by: func(c *client) { c.Close() }, ends: true},
		"reset":           {by: func(c *client) { c.Conn.(*net.TCPConn).SetLinger(0); c.Close() }, ends: true},
		"close, TLS":      {tls: true, by: func(c *client) { c.Close() }, ends: true},
		"logout, TLS":     {tls: true, more: "t LOGOUT\r\n", by: func(c *client) { c.Close() }, ends: true},
		"end of a script": {more: "t LOGOUT\r\n", by: func(c *client) { c.Conn.(*net.TCPConn).CloseWrite() }},
		"pipelined":       {more: "t NOOP\r\n", by: func(*client) {}},
		"stays":           {by: func(*client) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, hostOptions{limits: Limits{AccountSearches: 1}, server: func(s *Server) { s.hangUpGrace = grace }})
			c := h.client(t)
			if leave.tls {
				c.startTLS(tls.VersionTLS13)
			}
			c.do("a LOGIN alice secret")
			if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
				t.Fatal(err)
			}
			c.do("b SELECT INBOX")
			waiting, release := slowSearches(t, h)
			c.send("s SEARCH BODY text\r\n" + leave.more)
			await(t, "the search to begin", func() bool { return waiting() == 1 })
			leave.by(c)
			if leave.ends {
				await(t, "the search to end", func() bool { return waiting() == 0 })
				release()
				return
			}
			time.Sleep(hangUpWatch + 4*grace)
			if waiting() != 1 {
				t.Error("the search was given up")
			}
			release()
			c.expect("* SEARCH 1")
			c.expect("s OK")
			if leave.more != "" {
				if strings.Contains(leave.more, "LOGOUT") {
					c.expect("* BYE")
				}
				c.expect("t OK")
				return
			}
			c.do("u NOOP")
		})
	}
}
