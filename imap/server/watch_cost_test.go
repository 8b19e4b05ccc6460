package server

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// watching is a way to be kept informed of INBOX: what a client selects and says for it.
type watching struct{ name, selects, command string }

var watches = []watching{
	{"NOOP", "INBOX", "NOOP"},
	{"SEARCH of a flag", "INBOX", "SEARCH RETURN (UPDATE) UNSEEN"},
	{"SEARCH of a text", "INBOX", "SEARCH RETURN (UPDATE) OR SUBJECT fresh SUBJECT letter"},
	{"SORT", "INBOX", "SORT RETURN (UPDATE) (SUBJECT REVERSE DATE FROM) UTF-8 UNSEEN"},
	{"NOTIFY selected", "INBOX", "NOTIFY SET (selected (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange))"},
	{"NOTIFY personal", "Other", "NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName))"},
	{"NOTIFY subtree", "Other", "NOTIFY SET STATUS (subtree INBOX (MessageNew MessageExpunge FlagChange))"},
}

// TestWatchCostsWhatChanges holds that who watches a mailbox reads what has changed and
// nothing else of it, and of other mailboxes nothing: the rows that the change and the
// news of it take are the same in a mailbox twenty times as large, and beside thirty
// times as many mailboxes.
func TestWatchCostsWhatChanges(t *testing.T) {
	const page = 256
	small := watchCosts(t, 4*page-20, 10)
	large := watchCosts(t, 80*page-20, 300)
	for i, s := range small {
		l := large[i]
		if s.what != l.what || rows(s.count) != rows(l.count) {
			t.Errorf("%s: %s; in a large mailbox: %s", s.what, rows(s.count), rows(l.count))
		}
		if s, l := s.count.Rows().Bytes, l.count.Rows().Bytes; l > s+s/4+200 {
			t.Errorf("%s: %d bytes are read, in a large mailbox %d", large[i].what, s, l)
		}
	}
}

// begin makes a client watch.
func (c *client) begin(w watching) {
	c.t.Helper()
	c.do("w SELECT " + w.selects)
	for _, line := range c.do("w " + w.command) {
		if strings.Contains(line, "NOUPDATE") {
			c.t.Fatal(line)
		}
	}
}

// rows tells what a count says of rows. How often versions are looked at depends on when
// a session is woken.
func rows(c countkv.Count) string {
	kept := countkv.Count{}
	for word, a := range c {
		if strings.HasPrefix(word, "read ") || strings.HasPrefix(word, "write ") {
			kept[word] = a
		}
	}
	return kept.String()
}

// watchCosts gives what changes of a mailbox of so many messages cost those who watch it.
func watchCosts(t *testing.T, messages, mailboxes int) (costs []costOf) {
	engine := countkv.New(memkv.New())
	h := newHost(t, hostOptions{engine: engine})
	h.fillPlain(t, messages)
	c := h.login(t, "alice")
	c.do("a CREATE Other")
	for i := range mailboxes {
		c.do(fmt.Sprintf("a CREATE Box%d", i))
	}
	for _, w := range watches {
		watcher, other := h.login(t, "alice"), h.login(t, "alice")
		other.do("o SELECT INBOX")
		watcher.begin(w)
		change := func(what string, do func()) {
			t.Helper()
			engine.Take()
			do()
			other.do("o NOOP")
			if told := watcher.do("w NOOP"); len(told) == 0 {
				t.Errorf("%s: nothing is told of %s", w.name, what)
			}
			costs = append(costs, costOf{w.name + ", " + what, engine.Take()})
		}
		for range 2 { // once more with all that is kept
			change("a new message", func() {
				if err := h.deliver("alice", "INBOX", "Subject: fresh\r\nMessage-ID: <fresh@example.org>\r\n\r\nhello\r\n"); err != nil {
					t.Fatal(err)
				}
			})
			change("a flag", func() { other.do(`o STORE * +FLAGS (\Seen)`) })
			change("a flag again", func() { other.do(`o STORE * -FLAGS (\Seen)`) })
			change("an expunge", func() {
				other.do(`o STORE * +FLAGS.SILENT (\Deleted)`)
				other.do("o EXPUNGE")
			})
		}
		watcher.leave() // or it would still read what the next ones change
		other.leave()
	}
	return costs
}

// fillPlain gives alice as many short messages, no two of which are alike.
func (h *host) fillPlain(t testing.TB, n int) {
	t.Helper()
	h.login(t, "alice")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	ctx, id := context.Background(), a.State().MailboxByName("INBOX").ID
	for i := 0; i < n; {
		p := a.BeginAppend(ctx)
		for end := min(i+512, n); i < end; i++ {
			w, err := p.Message(mailstore.NewMessage{})
			if err == nil {
				_, err = io.WriteString(w, letter(i))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Commit(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkWatched changes a flag of one message and tells who watches the mailbox.
func BenchmarkWatched(b *testing.B) {
	for _, messages := range []int{1_000, 20_000} {
		h := newHost(b, hostOptions{})
		h.fillPlain(b, messages)
		h.login(b, "alice").do("a CREATE Other")
		for _, w := range watches {
			b.Run(fmt.Sprintf("%s/%d", w.name, messages), func(b *testing.B) {
				watcher, other := h.login(b, "alice"), h.login(b, "alice")
				watcher.SetDeadline(time.Now().Add(time.Hour))
				other.SetDeadline(time.Now().Add(time.Hour))
				other.do("o SELECT INBOX")
				watcher.begin(w)
				sign := "+"
				for b.Loop() {
					other.do("o STORE 500 " + sign + `FLAGS (\Seen)`)
					watcher.do("w NOOP")
					sign = map[string]string{"+": "-", "-": "+"}[sign]
				}
				watcher.Close()
				other.Close()
			})
		}
	}
}
