package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/mailstore"
)

// onDisk makes a host over the engine on disk, with little memory of its own.
func onDisk(t *testing.T, o hostOptions) *host {
	t.Helper()
	engine, err := pebblekv.Open(pebblekv.Options{Dir: t.TempDir(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	o.engine = engine
	return newHost(t, o)
}

// peak runs f and gives how much the heap grew meanwhile at most. The collector
// is made to run often, so that this is what was in use.
func peak(f func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	before := read()
	most := before
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				most = max(most, read())
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return most - before
}

// lines is a reader of n octets of text in lines, made as they are read.
type lines struct{ left int64 }

const oneLine = "The quick brown fox jumps over the lazy dog, and again, and again.\r\n"

func (l *lines) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), l.left)]
	for n := 0; n < len(p); n += len(oneLine) {
		copy(p[n:], oneLine)
	}
	l.left -= int64(len(p))
	return len(p), nil
}

// text streams n octets as a literal of the command before it.
func (c *client) text(head string, n int64) {
	c.t.Helper()
	c.send(head)
	if _, err := io.Copy(struct{ io.Writer }{c.Conn}, &lines{n - int64(len(head))}); err != nil {
		c.t.Fatal(err)
	}
}

// TestLargeMessageMemory appends a message of 60 MB and fetches it whole and in
// part: nowhere is much of it in memory at once. So for one that is all header.
func TestLargeMessageMemory(t *testing.T) {
	if testing.Short() || raceDetector() {
		t.Skip("measures the memory of 60 MB")
	}
	const size = 60 << 20
	for _, m := range []struct{ name, head string }{
		{"text", "Subject: large\r\n\r\n"},
		{"base64", "Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"},
		{"multipart", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\r\n"},
		{"header", "Subject: all of it\r\nX-Long:\r\n "},
		{"line", "Subject: x\r\n\r\n" + strings.Repeat("x", 1000)},
	} {
		t.Run(m.name, func(t *testing.T) {
			h := onDisk(t, hostOptions{})
			c := h.login(t, "alice")
			began := time.Now()
			grew := peak(func() {
				c.send(fmt.Sprintf("a APPEND INBOX {%d+}\r\n", size))
				c.text(m.head, size)
				c.send("\r\n")
				c.expect("a OK ")
			})
			t.Logf("APPEND: %d KiB in %v", grew>>10, time.Since(began))
			if grew > 30<<20 {
				t.Errorf("APPEND of 60 MB takes %d MB", grew>>20)
			}
			c.do("s SELECT INBOX")
			for _, items := range []string{"BODY.PEEK[]", "BODY.PEEK[TEXT]", "BODY.PEEK[1]", "BINARY.PEEK[1]", "BODY.PEEK[HEADER]",
				"BODY.PEEK[HEADER.FIELDS (Subject)]", "(ENVELOPE BODYSTRUCTURE)"} {
				began := time.Now()
				grew := peak(func() {
					c.send("f FETCH 1 " + items + "\r\n")
					c.skipAnswer("f OK")
				})
				t.Logf("%s: %d KiB in %v", items, grew>>10, time.Since(began))
				if grew > 30<<20 {
					t.Errorf("FETCH %s takes %d MB", items, grew>>20)
				}
			}
			for _, key := range []string{"BODY nothing", "TEXT nothing", "HEADER X-Long nothing", "SUBJECT nothing"} {
				grew := peak(func() { c.do("g SEARCH " + key) })
				t.Logf("SEARCH %s: %d KiB", key, grew>>10)
				if grew > 30<<20 {
					t.Errorf("SEARCH %s takes %d MB", key, grew>>20)
				}
			}
		})
	}
}

// skipAnswer reads and drops literals and lines up to one that begins with
// last.
func (c *client) skipAnswer(last string) {
	c.t.Helper()
	for {
		l := c.line()
		if strings.HasPrefix(l, last) {
			return
		}
		var n int64
		if i := strings.LastIndexByte(l, '{'); i >= 0 && strings.HasSuffix(l, "}") {
			if _, err := fmt.Sscanf(l[i:], "{%d}", &n); err != nil {
				c.t.Fatal(l)
			}
		}
		if _, err := io.CopyN(struct{ io.Writer }{io.Discard}, c.r, n); err != nil {
			c.t.Fatal(err)
		}
	}
}

// TestMultiAppendMemory appends many messages by one command: small ones up to
// the limit, and large ones that together are far more than memory may hold.
func TestMultiAppendMemory(t *testing.T) {
	if testing.Short() || raceDetector() {
		t.Skip("measures the memory of 100 MB")
	}
	for _, m := range []struct {
		name  string
		count int
		size  int64
		most  int64 // octets of memory
	}{
		{"10,000 small", 10_000, 1000, 100 << 20}, {"50 large", 50, 2 << 20, 40 << 20},
	} {
		t.Run(m.name, func(t *testing.T) {
			limits := Limits{}
			limits.Command.AppendMessages = 10_000
			h := onDisk(t, hostOptions{limits: limits})
			c := h.login(t, "alice")
			grew := peak(func() {
				c.send("a APPEND INBOX")
				for range m.count {
					c.send(fmt.Sprintf(" {%d+}\r\n", m.size))
					c.text("Subject: x\r\n\r\n", m.size)
				}
				c.send("\r\n")
				c.expect("a OK ")
			})
			t.Logf("%d KiB", grew>>10)
			if grew > m.most {
				t.Errorf("%d MB", grew>>20)
			}
			got := c.do("b STATUS INBOX (MESSAGES SIZE)")
			if want := fmt.Sprintf("* STATUS \"INBOX\" (MESSAGES %d SIZE %d)", m.count, int64(m.count)*m.size); got[0] != want {
				t.Errorf("%s, want %s", got[0], want)
			}
		})
	}
	t.Run("one too many", func(t *testing.T) {
		h := newHost(t, hostOptions{})
		c := h.login(t, "alice")
		c.send("a APPEND INBOX")
		for range 10_000 {
			c.send(" {17+}\r\nb LOGOUT\r\nc NOOP\r")
		}
		c.send("\r\nd NOOP\r\n")
		c.expect("a NO [LIMIT] ")
		c.expect("d OK ")
		if got := c.do("e STATUS INBOX (MESSAGES)"); got[0] != `* STATUS "INBOX" (MESSAGES 0)` {
			t.Error(got[0])
		}
	})
}

// TestAbortedAppend ends APPENDs of all sizes in the middle, in all ways: the
// account holds exactly the rows that it held before.
func TestAbortedAppend(t *testing.T) {
	for _, size := range []int64{1 << 10, 3 << 20, 12 << 20} {
		for _, end := range []string{"close", "reset", "bad flag", "too large", "empty", "syntax", "no mailbox"} {
			t.Run(fmt.Sprintf("%d KiB, %s", size>>10, end), func(t *testing.T) {
				h := newHost(t, hostOptions{limits: Limits{Message: 16 << 20}, store: mailstore.Options{Limits: mailstore.Limits{MessageSize: 16 << 20}}})
				c := h.login(t, "alice")
				c.do("n NOOP")
				before := h.rows(t, "alice")
				mailbox := "INBOX"
				if end == "no mailbox" {
					mailbox = "none"
				}
				c.send(fmt.Sprintf("a APPEND %s {%d+}\r\n", mailbox, size))
				c.text("Subject: x\r\n\r\n", size)
				switch end {
				case "close", "reset":
					c.send(" {5000000+}\r\n")
					c.text("Subject: y\r\n\r\n", 2<<20)
					if end == "reset" {
						c.Conn.(*net.TCPConn).SetLinger(0)
					}
					c.Close()
				case "bad flag":
					c.send(" (" + strings.Repeat("k", 200) + ") {5+}\r\nhello\r\n")
				case "too large":
					c.send(" {17000000+}\r\n")
					c.text("Subject: y\r\n\r\n", 17000000)
					c.send("\r\n")
				case "empty":
					c.send(" {0+}\r\n\r\n")
				case "syntax":
					c.send(" nonsense {5+}\r\nhello\r\n")
				case "no mailbox":
					c.send("\r\n")
				}
				if end != "close" && end != "reset" {
					if l := c.line(); !strings.HasPrefix(l, "a NO ") && !strings.HasPrefix(l, "a BAD ") && !strings.HasPrefix(l, "* BYE [TOOBIG]") {
						t.Error(l)
					}
					c.Close()
				}
				await(t, "the connection's end", func() bool { return h.serve.Connections() == 0 })
				if after := h.rows(t, "alice"); after != before {
					t.Errorf("%d rows were %d", after, before)
				}
			})
		}
	}
}

// rows counts what the store holds of an account.
func (h *host) rows(t *testing.T, user string) (n int) {
	t.Helper()
	u, err := h.users.Lookup(context.Background(), user)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := h.kv.Snapshot(context.Background(), kv.Partition(u.Account))
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	it := snap.Scan(nil, nil)
	defer it.Close()
	for it.Next() {
		n++
	}
	return n
}
