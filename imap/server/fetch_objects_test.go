package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/mailstore"
)

// TestFetchObjectsAway has the objects of some messages not be there for now: the other
// messages are sent, and the answer names those that were not.
func TestFetchObjectsAway(t *testing.T) {
	// quirk: one-bad-message
	store := memblob.New(nil)
	h := newHost(t, hostOptions{store: mailstore.Options{Blobs: store, BlobsAbove: 10_000, Spool: t.TempDir()}})
	c := h.login(t, "alice")
	const messages = 14
	for i := range messages {
		head := fmt.Sprintf("Subject: %d\r\nContent-Type: application/octet-stream\r\n\r\n", i+1)
		if err := h.deliver("alice", "INBOX", head+strings.Repeat("0123456789abcde\r\n", 2000)); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	names := store.Names()
	for _, away := range []struct {
		messages []int
		answer   string
	}{
		{[]int{3}, "Message with UID 3 cannot be read for now; all others were sent"},
		{[]int{1, 5, messages}, "Message with UID 1 5 14 cannot be read for now; all others were sent"},
		{[]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "Message with UID 1 2 3 4 5 6 7 8 9 and 2 more cannot be read for now; all others were sent"},
	} {
		is := map[restante.EmailID]bool{}
		for _, n := range away.messages {
			is[names[n-1].Email] = true
		}
		store.SetFault(memblob.Fault{Before: func(_ memblob.Op, n blob.Name) error {
			if is[n.Email] {
				return errors.New("down")
			}
			return nil
		}})
		for _, items := range []string{"UID BODY.PEEK[]", "FLAGS BINARY.PEEK[1]", "BODY.PEEK[1]<20000.10>"} {
			lines, answer := c.try(fmt.Sprintf("f FETCH 1:%d (%s)", messages, items))
			if answer != "f NO [UNAVAILABLE] "+away.answer {
				t.Errorf("%s without %v: %s", items, away.messages, answer)
			}
			all := strings.Join(lines, "\n")
			for i, n := range names {
				if sent := strings.Contains(all, fmt.Sprintf("* %d FETCH (", i+1)); sent == is[n.Email] {
					t.Errorf("%s without %v: message %d sent: %v", items, away.messages, i+1, sent)
				}
			}
		}
	}
	// What was sent is seen, what was not is not.
	_, _ = c.try("s FETCH 10:14 BODY[]")
	if lines := c.do("u SEARCH UNSEEN"); len(lines) != 1 || lines[0] != "* SEARCH 1 2 3 4 5 6 7 8 9 10 11" {
		t.Errorf("unseen: %q", lines)
	}
	store.SetFault(memblob.Fault{})
	if lines := c.do("g FETCH 1:* (UID BODY.PEEK[1]<20000.10>)"); len(lines) < messages {
		t.Errorf("once all are there: %q", lines)
	}
}
