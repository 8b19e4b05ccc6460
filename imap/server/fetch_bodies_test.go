package server

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestFetchBodiesOfAllSizes fetches messages of many sizes in one FETCH, so that large
// pieces come behind full and empty buffers: every octet has its place.
func TestFetchBodiesOfAllSizes(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	var want []byte
	for i := range 60 {
		var m strings.Builder
		fmt.Fprintf(&m, "Subject: message %d\r\n\r\n", i)
		for n := 0; m.Len() < 1000+i*i*41%70_000; n++ {
			fmt.Fprintf(&m, "line %d of message %d\r\n", n, i)
		}
		if err := h.deliver("alice", "INBOX", m.String()); err != nil {
			t.Fatal(err)
		}
		want = fmt.Appendf(want, "* %d FETCH (BODY[] {%d}\r\n%s)\r\n", i+1, m.Len(), m.String())
	}
	want = append(want, "f OK "...)
	c.do("s SELECT INBOX")
	if _, err := io.WriteString(c.Conn, "f FETCH 1:* BODY.PEEK[]\r\n"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c.Conn, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		at := 0
		for got[at] == want[at] {
			at++
		}
		t.Fatalf("octet %d of %d is another: %.100q, want %.100q", at, len(want), got[at:], want[at:])
	}
}
