package server

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestProgressTranscripts runs the transcript of commands that take long, on a
// clock that jumps at certain looks at it. It is looked at when a COPY or a search
// begins, and at each message that is opened.
func TestProgressTranscripts(t *testing.T) {
	const (
		copies = 11   // before the searches
		search = 1001 // looks of a search
		all    = copies + 2*search + 1
	)
	var mu sync.Mutex
	now, looks := time.Unix(1_700_000_000, 0), 0
	transcripts(t, "testdata/progress/*.txt", hostOptions{imap: func(o *Options) {
		o.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			switch look := looks%all - copies; {
			case look < 0:
			case look%search == 454:
				now = now.Add(13 * time.Second)
			case look%search == 999:
				now = now.Add(14 * time.Second)
			}
			looks++
			return now
		}
	}})
}

// TestProgressWhileWaiting: a search that waits for its turn says that it is
// there, and nothing more (RFC 9585 §4).
func TestProgressWhileWaiting(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{AccountSearches: 1, ProgressTime: time.Millisecond}})
	c := h.login(t, "alice")
	c.do("a1 SELECT INBOX")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	done, err := h.imap.searches.take(context.Background(), a.ID())
	if err != nil {
		t.Fatal(err)
	}
	c.send("a2 SEARCH BODY x\r\n")
	c.expect(`* OK [INPROGRESS ("a2" NIL NIL)] `)
	done()
	for l := c.line(); !strings.HasPrefix(l, "a2 OK "); l = c.line() {
		if !strings.HasPrefix(l, "* OK [INPROGRESS ") && !strings.HasPrefix(l, "* SEARCH") {
			t.Error(l)
		}
	}
}
