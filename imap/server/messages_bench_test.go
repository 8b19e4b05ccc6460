package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/restante/restante/mailstore"
)

// benchMessages is how many messages the mailbox of the benchmarks has.
const benchMessages = 5000

// benchHost gives a client that has selected a mailbox of small messages.
func benchHost(b *testing.B) *client {
	b.Helper()
	h := newHost(b, hostOptions{})
	c := h.login(b, "alice")
	a, err := h.account("alice")
	if err != nil {
		b.Fatal(err)
	}
	defer a.Release()
	ctx := context.Background()
	p := a.BeginAppend(ctx)
	for i := range benchMessages {
		w, err := p.Message(mailstore.NewMessage{})
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(w, "From: Ann <ann%d@example.org>\r\nTo: bob@example.com\r\nSubject: message %d\r\nDate: Thu, 5 Nov 2026 10:11:12 +0000\r\nMessage-ID: <%d@example.org>\r\n\r\n%s", i, i, i, bytes.Repeat([]byte("text\r\n"), 100))
	}
	if _, err := p.Commit(ctx, a.State().MailboxByName("INBOX").ID); err != nil {
		b.Fatal(err)
	}
	c.do("s SELECT INBOX")
	return c
}

// BenchmarkFetch times UID FETCH 1:* over loopback; its allocations are those of
// server and client together for all messages.
func BenchmarkFetch(b *testing.B) {
	c := benchHost(b)
	end := []byte("\r\nf OK ")
	buf := make([]byte, 256<<10)
	for _, items := range []string{
		"(FLAGS)", "(FLAGS INTERNALDATE RFC822.SIZE)", "(ENVELOPE BODYSTRUCTURE)", "(PREVIEW)",
		"(BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID)])", "(BODY.PEEK[])", "(BODY.PEEK[1]<0.512>)",
	} {
		b.Run(items, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.WriteString(c.Conn, "f UID FETCH 1:* "+items+"\r\n"); err != nil {
					b.Fatal(err)
				}
				for tail := 0; ; {
					n, err := c.Read(buf[tail:])
					if err != nil {
						b.Fatal(err)
					}
					n += tail
					if bytes.Contains(buf[max(0, n-100):n], end) {
						break
					}
					tail = copy(buf, buf[max(0, n-100):n])
				}
			}
			b.ReportMetric(float64(b.N)*benchMessages/b.Elapsed().Seconds(), "msg/s")
		})
	}
}

// BenchmarkSelect times SELECT of the mailbox that is selected.
func BenchmarkSelect(b *testing.B) {
	c := benchHost(b)
	b.ReportAllocs()
	for b.Loop() {
		c.do("s SELECT INBOX")
	}
}

// BenchmarkStore times STORE of one message.
func BenchmarkStore(b *testing.B) {
	c := benchHost(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		sign := "+-"[i%2 : i%2+1]
		c.do("s STORE 77 " + sign + `FLAGS (\Seen)`)
	}
}
