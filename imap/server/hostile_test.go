package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante/internal/cputime"
	"github.com/restante/restante/serve"
)

// TestLiteralFloods announces literals that nobody could take. Each is refused
// with one answer; one that comes unasked and cannot be skipped ends the
// connection, and nothing of it is run.
func TestLiteralFloods(t *testing.T) {
	for _, c := range []struct {
		name, send string
		want       []string // beginnings of the lines that answer
		over       bool     // the connection is closed behind them
	}{
		{"more than 32 bits", "a CREATE {4294967296}\r\nb NOOP\r\n", []string{"a NO [TOOBIG] ", "b OK "}, false},
		{"more than 64 bits", "a CREATE {99999999999999999999}\r\nb NOOP\r\n", []string{"a NO [TOOBIG] ", "b OK "}, false},
		{"many digits", "a CREATE {" + strings.Repeat("9", 5000) + "}\r\nb NOOP\r\n", []string{"a NO [TOOBIG] ", "b OK "}, false},
		{"negative", "a CREATE {-1}\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"negative, unasked", "a CREATE {-1+}\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"no number", "a CREATE {+}\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"nested", "a CREATE {{3}}\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"unasked, more than 32 bits", "a CREATE {4294967296+}\r\nb LOGOUT\r\n", []string{"* BYE [TOOBIG] "}, true},
		{"unasked, more than 64 bits", "a CREATE {99999999999999999999+}\r\nb LOGOUT\r\n", []string{"* BYE [TOOBIG] "}, true},
		{"unasked, many digits", "a CREATE {" + strings.Repeat("0", 500) + "99999999999+}\r\nb LOGOUT\r\n", []string{"* BYE [TOOBIG] "}, true},
		{"message, more than 64 bits", "a APPEND INBOX {99999999999999999999}\r\nb NOOP\r\n", []string{"a NO [TOOBIG] ", "b OK "}, false},
		{"message, unasked", "a APPEND INBOX {99999999999999999999+}\r\nb LOGOUT\r\n", []string{"* BYE [TOOBIG] "}, true},
		{"message above the limit", "a APPEND INBOX {70000000}\r\nb NOOP\r\n", []string{"a NO [TOOBIG] ", "b OK "}, false},
		{"message of no octets", "a APPEND INBOX {0+}\r\n\r\nb NOOP\r\n", []string{"a NO ", "b OK "}, false},
		{"in an unknown command", "a X {5+}\r\nb X\r\n {7+}\r\nc NOOP\n\r\nd NOOP\r\n", []string{"a BAD ", "d OK "}, false},
		{"in a tag", "{5+}\r\nb X\r\n\r\nd NOOP\r\n", []string{"* BAD ", "d OK "}, false},
		{"behind a quoted one", "a CREATE \"{6+}\r\nb NO\r\n\r\nd NOOP\r\n", []string{"a BAD ", "d OK "}, false},
		{"in quotes", "a CREATE \"{5+}\"\r\nb NOOP\r\n", []string{"a OK ", "b OK "}, false},
		{"NUL in it", "a CREATE {3+}\r\na\x00b\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"NUL in quotes", "a CREATE \"a\x00b\"\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"NUL in an atom", "a CREATE a\x00b\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"NUL as a tag", "\x00 NOOP\r\nb NOOP\r\n", []string{"* BAD ", "b OK "}, false},
		{"NUL as a name", "a N\x00OP\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"CR in quotes", "a CREATE \"a\rb\"\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"CR in an atom", "a CREATE a\rb\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"CR in a literal", "a CREATE {3+}\r\na\rb\r\nb NOOP\r\n", []string{"a NO [CANNOT] ", "b OK "}, false},
		{"LF in a literal", "a CREATE {3+}\r\na\nb\r\nb NOOP\r\n", []string{"a NO [CANNOT] ", "b OK "}, false},
		{"LF in quotes", "a CREATE \"a\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"CR CR LF", "a NOOP\r\r\nb NOOP\r\n", []string{"a BAD ", "b OK "}, false},
		{"bare LF", "a NOOP\nb NOOP\n", []string{"a OK ", "b OK "}, false},
		{"CR alone", "a NOOP\rb NOOP\r\nc NOOP\r\n", []string{"a BAD ", "c OK "}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, hostOptions{})
			cl := h.login(t, "alice")
			cl.send(c.send)
			for _, want := range c.want {
				cl.expect(want)
			}
			if c.over {
				if !cl.closed() {
					t.Error("not closed")
				}
				return
			}
			cl.send("z NOOP\r\n")
			cl.expect("z OK ")
		})
	}
}

// TestHugeNumberSets takes the sets that SOGo, macOS and Outlook make of large
// mailboxes: every number one by one, up to 2 MB of them, ranges that go beyond
// all messages, and reversed ones.
func TestHugeNumberSets(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	for range 3 {
		if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	var set bytes.Buffer
	for n := 1; set.Len() < 2<<20-100; n += 2 {
		fmt.Fprintf(&set, "%d,", n)
	}
	odd := strings.TrimSuffix(set.String(), ",")
	short := strings.Repeat("3,1,", 250_000) + "3"
	for _, f := range []struct {
		command string
		lines   int
	}{
		{"a UID FETCH " + odd + " (UID)", 2},
		{"a UID FETCH " + short + " (UID)", 2},
		{"a FETCH " + short + " (UID)", 2},
		{"a UID FETCH 1:4294967295 (UID)", 3},
		{"a UID FETCH 4294967295:1 (UID)", 3},
		{"a UID FETCH 4294967295:* (UID)", 1},
		{"a UID FETCH *:4294967295 (UID)", 1},
		{"a FETCH 3:1 (UID)", 3},
		{"a FETCH *:1 (UID)", 3},
		{"a UID SEARCH UID " + odd, 1},
		{"a UID STORE " + odd + " +FLAGS.SILENT (\\Seen)", 0},
		{"a UID COPY " + odd + " INBOX", 0},
	} {
		took := cputime.Of(t, func() {
			if lines := c.do(f.command); len(lines) < f.lines {
				t.Errorf("%.40s…: %d lines, want %d", f.command, len(lines), f.lines)
			}
		})
		if t.Logf("%.40s…: %v", f.command, took); took > 5*time.Second && !raceDetector() {
			t.Errorf("%.40s…: %v", f.command, took)
		}
	}
	if _, answer := c.try("b FETCH 4294967296 (UID)"); !strings.HasPrefix(answer, "b BAD ") {
		t.Error(answer)
	}
	if _, answer := c.try("b FETCH 1:4294967295 (UID)"); !strings.HasPrefix(answer, "b BAD ") {
		t.Error(answer)
	}
	// A line above the limit is one answer, and the next command is read.
	c.send("c UID FETCH " + odd + "," + odd + " (UID)\r\nd NOOP\r\n")
	c.expect("c NO [LIMIT] ")
	c.expect("d OK ")
}

// TestHostileSearch asks for more than a search may hold.
func TestHostileSearch(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
		t.Fatal(err)
	}
	c.do("s SELECT INBOX")
	for _, f := range []struct{ name, keys, want string }{
		{"10,000 keys", strings.Repeat("ALL ", 9999) + "ALL", "NO [LIMIT] "},
		{"1,000 keys", strings.Repeat("TEXT ext ", 999) + "ALL", "OK "},
		{"deep NOT", strings.Repeat("NOT ", 5000) + "ALL", "NO [LIMIT] "},
		{"99 NOT", strings.Repeat("NOT ", 99) + "ALL", "OK "},
		{"deep OR", strings.Repeat("OR ALL ", 5000) + "ALL", "NO [LIMIT] "},
		{"99 OR", strings.Repeat("OR TEXT no ", 99) + "ALL", "OK "},
		{"deep parentheses", strings.Repeat("(", 100_000) + "ALL", "NO [LIMIT] "},
		{"99 parentheses", strings.Repeat("(", 99) + "ALL" + strings.Repeat(")", 99), "OK "},
		{"long text", "TEXT \"" + strings.Repeat("x", 1<<20) + "\"", "OK "},
		{"a charset that is none", "CHARSET " + strings.Repeat("x", 10_000) + " ALL", "NO [BADCHARSET"},
	} {
		if _, answer := c.try("a SEARCH " + f.keys); !strings.HasPrefix(answer, "a "+f.want) {
			t.Errorf("%s: %.200s", f.name, answer)
		}
	}
}

// TestHostilePatterns lists by patterns that are slow to match for whoever tries
// all ways.
func TestHostilePatterns(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	for i := range 100 {
		c.do(fmt.Sprintf("c CREATE %s%d", strings.Repeat("a", 500), i))
	}
	for _, pattern := range []string{
		strings.Repeat("%*", 400) + "b", strings.Repeat("a%", 490) + "b", strings.Repeat("*a", 490) + "b", "*" + strings.Repeat("a", 900),
	} {
		took := cputime.Of(t, func() {
			if lines := c.do(`l LIST "" (` + strings.Repeat(pattern+" ", 19) + pattern + `)`); len(lines) != 0 {
				t.Errorf("%.20s…: %d matches", pattern, len(lines))
			}
		})
		if t.Logf("%.20s…: %v", pattern, took); took > 5*time.Second && !raceDetector() {
			t.Errorf("%.20s… against 100 long names: %v", pattern, took)
		}
	}
}

// TestUnreadAnswers has clients that ask and never read: each is cut off, and
// costs a bounded amount of memory until then.
func TestUnreadAnswers(t *testing.T) {
	h := newHost(t, hostOptions{serve: serve.Limits{Write: 300 * time.Millisecond}, limits: Limits{LoginTime: time.Minute}})
	h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: large\r\n\r\n"+strings.Repeat("0123456789\r\n", 100_000)); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]string{
		"noop": "a NOOP\r\n", "fetch": "a FETCH 1 (BODY[] BODY[] BODY[TEXT])\r\n",
		"bad": "\r\n", "search": "a UID SEARCH ALL\r\n", "list": "a LIST \"\" \"*\"\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := h.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			block := []byte(strings.Repeat(command, 1+(64<<10)/len(command)))
			io.WriteString(c, "l LOGIN alice secret\r\ns SELECT INBOX\r\n")
			sent := 0
			for err == nil {
				var n int
				n, err = c.Write(block)
				sent += n
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("not cut off after %d octets: %v", sent, err)
			}
		})
	}
}

// TestUnreadMemory holds many clients that leave a large answer unread and
// measures what they cost.
func TestUnreadMemory(t *testing.T) {
	h := newHost(t, hostOptions{})
	h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: large\r\n\r\n"+strings.Repeat("0123456789\r\n", 1_000_000)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 50
	for range n {
		c := h.login(t, "alice")
		c.do("s SELECT INBOX")
		c.send("f FETCH 1 (BODY.PEEK[] BODY.PEEK[TEXT] BODY.PEEK[1])\r\n")
		c.expect("* 1 FETCH (")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapInuse) - int64(before.HeapInuse)) / n
	t.Logf("%d octets for each client", each)
	if each > 1<<20 {
		t.Errorf("%d octets for each client that does not read", each)
	}
}

// TestHandshakeStall connects for TLS and says nothing more.
func TestHandshakeStall(t *testing.T) {
	h := newHost(t, hostOptions{serve: serve.Limits{Handshake: 100 * time.Millisecond}})
	c := h.client(t)
	c.do("a STARTTLS")
	c.send("\x16\x03\x01") // the beginning of a ClientHello
	if !c.closed() {
		t.Error("not closed")
	}
	d := h.client(t)
	d.send("a STARTTLS\r\nb LOGIN alice secret\r\n")
	d.expect("a OK ")
	if rest, _ := io.ReadAll(d.r); bytes.Contains(rest, []byte("b OK")) {
		t.Errorf("what came behind STARTTLS in the clear was run: %q", rest)
	}
}

// TestHostileSASL sends what is no SASL response.
func TestHostileSASL(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{BadCommands: 100, LoginFailures: 100}})
	c := h.client(t)
	for _, f := range []struct{ command, response, want string }{
		{"AUTHENTICATE PLAIN", "!!!!", "BAD "},
		{"AUTHENTICATE PLAIN", "", "BAD "},
		{"AUTHENTICATE PLAIN", "*", "BAD "},
		{"AUTHENTICATE PLAIN", "=", "BAD "},
		{"AUTHENTICATE PLAIN", "AA==", "BAD "},
		{"AUTHENTICATE PLAIN", "AAA=", "NO [AUTHENTICATIONFAILED] "},
		{"AUTHENTICATE PLAIN", strings.Repeat("A", 20_000), "NO [LIMIT] "},
		{"AUTHENTICATE PLAIN " + strings.Repeat("A", 20_000), "", "NO [LIMIT] "},
		{"AUTHENTICATE PLAIN {5}", "", "BAD "},
		{"AUTHENTICATE " + strings.Repeat("X", 5000), "", "NO [CANNOT] "},
		{"AUTHENTICATE SCRAM-SHA-256", "AAAA", "BAD "},
		{"AUTHENTICATE LOGIN", "\x00\x01\x02", "BAD "},
	} {
		c.send("a " + f.command + "\r\n")
		line := c.line()
		if strings.HasPrefix(line, "+ ") {
			c.send(f.response + "\r\n")
			line = c.line()
		}
		if !strings.HasPrefix(line, "a "+f.want) {
			t.Errorf("%.50s, %.20q: %s, want %s", f.command, f.response, line, f.want)
		}
	}
	c.do("b LOGIN alice secret")
}

// TestConnectionStorm opens and drops connections in every state: no goroutine
// and no descriptor stays behind.
func TestConnectionStorm(t *testing.T) {
	h := newHost(t, hostOptions{})
	h.login(t, "alice").do("a LOGOUT")
	goroutines, descriptors := runtime.NumGoroutine(), openFiles()
	says := []string{"", "\r\n", "a NOOP", "a LOGIN alice secret\r\n", "a LOGIN alice secret\r\nb SELECT INBOX\r\nc IDLE\r\n",
		"a STARTTLS\r\n", "a LOGIN alice {6}\r\n", "a LOGIN alice secret\r\nb APPEND INBOX {100000+}\r\nabc", "a AUTHENTICATE PLAIN\r\n"}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 60 {
				c, err := h.dial()
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(c, says[(w+i)%len(says)])
				if i%3 == 0 {
					c.SetReadDeadline(time.Now().Add(patience))
					c.Read(make([]byte, 200))
				}
				if i%2 == 0 {
					c.(*net.TCPConn).SetLinger(0) // a reset
				}
				c.Close()
			}
		})
	}
	wg.Wait()
	await(t, "the connections to end", func() bool { return h.serve.Connections() == 0 })
	await(t, fmt.Sprintf("as few goroutines as there were, %d", goroutines), func() bool { return runtime.NumGoroutine() <= goroutines+3 })
	await(t, fmt.Sprintf("as few descriptors as there were, %d", descriptors), func() bool { return openFiles() <= descriptors+3 })
}

// openFiles counts the process's descriptors, where the system tells them.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
