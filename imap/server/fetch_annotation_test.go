package server

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/restante/restante/mailstore"
)

// TestFetchManyAnnotations fetches large annotations again and again in one FETCH: what
// the server holds of them does not follow how much that is.
func TestFetchManyAnnotations(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: x\r\n\r\ny"); err != nil {
		t.Fatal(err)
	}
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	var list []mailstore.Annotation
	var item strings.Builder
	item.WriteString("ANNOTATION (")
	for i := range 30 {
		// The first are held, the others are read again; some are binary.
		value := bytes.Repeat([]byte{'a' + byte(i%26)}, h.store.Limits().AnnotationValue-30+i)
		private, name, tilde := i%2 == 1, "value.shared NIL", ""
		if i%3 == 0 {
			value[0], tilde = 0, "~"
		}
		list = append(list, mailstore.Annotation{Entry: fmt.Sprintf("/n%02d", i), Private: private, Value: value})
		literal := fmt.Sprintf("%s{%d}\r\n%s", tilde, len(value), value)
		if private {
			name = "value.priv " + literal + " " + name
		} else {
			name = "value.priv NIL value.shared " + literal
		}
		fmt.Fprintf(&item, `/n%02d (%s size.priv "%d") `, i, name, len(value)*(i%2))
	}
	one := strings.TrimSuffix(item.String(), " ") + ")"
	if _, err := a.Annotate(t.Context(), a.State().MailboxByName("INBOX").ID, mailstore.UIDSet{{First: 1, Last: 1}}, list, nil); err != nil {
		t.Fatal(err)
	}
	c.do("s SELECT INBOX")
	const times = 12
	want := []byte("* 1 FETCH (" + strings.Repeat(one+" ", times-1) + one + ")\r\nf OK ")
	got := make([]byte, len(want))
	command := "f FETCH 1 (" + strings.TrimSuffix(strings.Repeat("ANNOTATION (* (value size.priv)) ", times), " ") + ")\r\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := io.WriteString(c.Conn, command); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c.Conn, got); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if !bytes.Equal(got, want) {
		at := 0
		for got[at] == want[at] {
			at++
		}
		t.Fatalf("octet %d of %d is another: %.100q, want %.100q", at, len(want), got[at:], want[at:])
	}
	made := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d octets were made for an answer of %d", made, len(want))
	if made > 2<<20 {
		t.Errorf("%d octets were made for an answer of %d", made, len(want))
	}
}
