package server

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/serve"
)

// TestEachLimit goes one beyond each limit that bounds a command or an account,
// and up to it.
func TestEachLimit(t *testing.T) {
	h := newHost(t, hostOptions{
		limits: Limits{Depth: 4, Command: command.Limits{
			SetRanges: 5, SearchKeys: 6, FetchSections: 3, HeaderFields: 4, Flags: 5, AppendMessages: 2, ListPatterns: 2, PartDepth: 3,
		}},
		store: mailstore.Options{Limits: mailstore.Limits{Mailboxes: 4, NameDepth: 3, NameBytes: 40, Keywords: 8, KeywordBytes: 10}},
	})
	c := h.login(t, "alice")
	for range 2 {
		if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	for _, f := range []struct{ command, want string }{
		{"FETCH 1,1,1,1,1 UID", "OK"},
		{"FETCH 1,1,1,1,1,1 UID", "NO [LIMIT]"},
		{"UID FETCH 1,1,1,1,1,1 UID", "NO [LIMIT]"},
		{"SEARCH UID 1,1,1,1,1,1", "NO [LIMIT]"},
		{"COPY 1,1,1,1,1,1 INBOX", "NO [LIMIT]"},
		{"STORE 1,1,1,1,1,1 FLAGS ()", "NO [LIMIT]"},
		{"UID EXPUNGE 1,1,1,1,1,1", "NO [LIMIT]"},
		{"SEARCH ALL ALL ALL ALL ALL ALL", "OK"},
		{"SEARCH ALL ALL ALL ALL ALL ALL ALL", "NO [LIMIT]"},
		{"SEARCH NOT NOT NOT NOT ALL", "OK"},
		{"SEARCH NOT NOT NOT NOT NOT ALL", "NO [LIMIT]"},
		{"SEARCH ((((ALL))))", "OK"},
		{"SEARCH (((((ALL)))))", "NO [LIMIT]"},
		{"SEARCH OR ALL OR ALL (NOT NOT ALL)", "NO [LIMIT]"},
		{"FETCH 1 (BODY.PEEK[] BODY.PEEK[1] BODY.PEEK[2])", "OK"},
		{"FETCH 1 (BODY.PEEK[] BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[3])", "NO [LIMIT]"},
		{"FETCH 1 BODY.PEEK[1.1.1]", "OK"},
		{"FETCH 1 BODY.PEEK[1.1.1.1]", "NO [LIMIT]"},
		{"FETCH 1 BODY.PEEK[HEADER.FIELDS (a b c d)]", "OK"},
		{"FETCH 1 BODY.PEEK[HEADER.FIELDS (a b c d e)]", "NO [LIMIT]"},
		{"FETCH 1 (BODY.PEEK[HEADER.FIELDS (a b)] BODY.PEEK[HEADER.FIELDS (c d)])", "OK"},
		{"FETCH 1 (BODY.PEEK[HEADER.FIELDS (a b c)] BODY.PEEK[HEADER.FIELDS (d e)])", "NO [LIMIT]"},
		{"STORE 1 FLAGS (a b c d e)", "OK"},
		{"STORE 1 FLAGS (a b c d e f)", "NO [LIMIT]"},
		{"STORE 1 FLAGS a b c d e f", "NO [LIMIT]"},
		{"STORE 1 FLAGS (0123456789)", "OK"},
		{"STORE 1 FLAGS (0123456789a)", "NO [LIMIT]"},
		{"STORE 1 +FLAGS (f g)", "OK"},
		{"STORE 2 +FLAGS (h i j k l)", "OK"}, // in the place of a to e
		{"STORE 2 +FLAGS (m)", "NO [LIMIT]"},
		{"STORE 2 +FLAGS (f)", "OK"},
		{"APPEND INBOX {1+}\r\nx {1+}\r\nx", "OK"},
		{"APPEND INBOX {1+}\r\nx {1+}\r\nx {11+}\r\nb NOOP\r\nxx\r\n", "NO [LIMIT]"},
		{"APPEND INBOX (a b c d e f) {9+}\r\nb LOGOUT\r", "NO [LIMIT]"},
		{"APPEND INBOX (0123456789a) {1+}\r\nx", "NO [LIMIT]"},
		{"CREATE a/b/c", "OK"}, // and the two above it: all four
		{"CREATE d", "NO [LIMIT]"},
		{"RENAME INBOX d", "NO [LIMIT]"},
		{"DELETE a/b/c", "OK"},
		{"CREATE a/b/c/d", "NO [LIMIT]"},
		{"CREATE " + strings.Repeat("n", 41), "NO [LIMIT]"},
		{"CREATE " + strings.Repeat("n", 40), "OK"},
		{"RENAME a " + strings.Repeat("m", 41), "NO [LIMIT]"},
		{"RENAME a n/n", "NO [LIMIT]"}, // too deep for what is below
		{"LIST \"\" (a b)", "OK"},
		{"LIST \"\" (a b c)", "NO [LIMIT]"},
		{"NOOP", "OK"},
	} {
		if _, answer := c.try("t " + f.command); !strings.HasPrefix(answer, "t "+f.want+" ") {
			t.Errorf("%s: %s, want %s", f.command, answer, f.want)
		}
	}
}

// TestConnectionLimits opens one connection more than there may be, in all and
// of one address; loopback has no bound of its own.
func TestConnectionLimits(t *testing.T) {
	h := newHost(t, hostOptions{serve: serve.Limits{Connections: 6, PerAddress: 2}})
	inside, outside := h.address, h.outside(t)
	dial := func(address string) net.Conn {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(patience))
		return c
	}
	open := func(c net.Conn) bool {
		b := make([]byte, 4)
		_, err := io.ReadFull(c, b)
		return err == nil && string(b) == "* OK"
	}
	first := dial(outside)
	if !open(first) || !open(dial(outside)) {
		t.Fatal("refused below the limit")
	}
	if open(dial(outside)) {
		t.Error("a third connection of one address")
	}
	first.Close()
	await(t, "the place to be given back", func() bool { return open(dial(outside)) })
	var local []net.Conn
	for range 4 {
		local = append(local, dial(inside))
		if !open(local[len(local)-1]) {
			t.Fatal("refused below the limit")
		}
	}
	if open(dial(inside)) {
		t.Error("one connection too many")
	}
	local[0].Close()
	await(t, "the place to be given back", func() bool { return open(dial(inside)) })
}

// TestCommandsInFlight sends commands without end and reads no answer: of what
// has not been answered the server takes no more than its buffers hold, so that
// there is never more than one command of a connection at work.
func TestCommandsInFlight(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	block := []byte(strings.Repeat("t NOOP\r\n", 8000))
	taken := 0
	for {
		c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Write(block)
		taken += n
		if err != nil {
			break
		}
		if taken > 64<<20 {
			t.Fatalf("%d octets of commands were taken, and no answer read", taken)
		}
	}
	// All that was taken is answered, in order.
	c.SetDeadline(time.Now().Add(patience))
	rest := len("t NOOP\r\n") - taken%len("t NOOP\r\n")
	go io.WriteString(c.Conn, string(block[len(block)-rest:])+"z LOGOUT\r\n")
	for n := 0; ; n++ {
		line := c.line()
		if strings.HasPrefix(line, "* BYE") {
			if want := taken/len("t NOOP\r\n") + 1; n < want-1 || n > want+1 {
				t.Errorf("%d answers to %d commands", n, want)
			}
			return
		}
		if line != "t OK NOOP completed" {
			t.Fatal(line)
		}
	}
}

// TestSearchTime has a search that takes longer than it may.
func TestSearchTime(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{SearchTime: time.Nanosecond}})
	c := h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
		t.Fatal(err)
	}
	c.do("s SELECT INBOX")
	if _, answer := c.try("a SEARCH BODY text"); !strings.HasPrefix(answer, "a NO [LIMIT] ") {
		t.Error(answer)
	}
	c.do("b NOOP")
}

// TestPanicOutsideCommand has something fail where no command is at work: the
// client gets goodbye, and the server goes on for others.
func TestPanicOutsideCommand(t *testing.T) {
	h := newHost(t, hostOptions{mayPanic: true})
	c := h.login(t, "alice")
	*h.imap.rows["IDLE"] = row{name: "IDLE", states: anyState, run: func(s *session, _ context.Context, _ command.Command) (imap.StatusResponse, error) {
		s.selected.view = nil
		s.idle.active = true
		return done, nil
	}}
	c.do("s SELECT INBOX")
	c.send("a IDLE\r\n")
	c.expect("* BYE [SERVERBUG] ")
	if !c.closed() {
		t.Error("not closed")
	}
	h.login(t, "bob").do("a CAPABILITY")
}

// TestCommandMemory has many connections of an account hold long commands that
// they do not end: what goes beyond the account's memory is refused, others are
// not touched, and when the commands end there is room again.
func TestCommandMemory(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{AccountMemory: 2 << 20}})
	// hold reports whether the server holds such a command: then it asks for the rest.
	hold := func(c *client) bool {
		c.send("a SEARCH TEXT \"" + strings.Repeat("x", 200<<10) + "\" TEXT {1}\r\n")
		line := c.line()
		if !strings.HasPrefix(line, "+ ") && line != "a NO [LIMIT] too many long commands at a time" {
			t.Fatal(line)
		}
		return line[0] == '+'
	}
	open := func(user string) *client {
		c := h.login(t, user)
		c.do("s SELECT INBOX")
		return c
	}
	var held []*client
	refused := 0
	for range 20 {
		if c := open("alice"); hold(c) {
			held = append(held, c)
		} else {
			refused++
			c.do("b NOOP")
		}
	}
	if refused < 5 || refused == 20 {
		t.Errorf("%d of 20 long commands were refused", refused)
	}
	if !hold(open("bob")) {
		t.Error("another account's command is refused")
	}
	for _, c := range held {
		c.send("x\r\n")
		c.expect("* SEARCH")
		c.expect("a OK ")
		if !hold(c) {
			t.Fatal("there is no room once commands have ended")
		}
	}
	held[0].Close()
	c := open("alice")
	await(t, "room where a connection has ended", func() bool { return hold(c) })
	c.send("x\r\n")
	c.expect("* SEARCH")
	c.expect("a OK ")
	// There may be room for the literal, and none to read what is behind it.
	c.send("a CREATE {200000}\r\n")
	c.expect("+ ")
	c.send(strings.Repeat("x", 200000) + "\r\n")
	c.expect("a NO [LIMIT] ")
	c.do("b NOOP")
	held[1].Close()
	await(t, "room where another has ended", func() bool {
		_, answer := c.try("a CREATE {200000+}\r\n" + strings.Repeat("x", 200000))
		return answer == "a NO [LIMIT] mailbox name is too long"
	})
}
