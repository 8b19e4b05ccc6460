package server

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// contents are the kinds of rows that hold what a message says: header, body, object.
var contents = []string{"31", "32", "33"}

const summaries = "30"

// withoutContent are search keys that are answered without a look into a message:
// by pages, summaries and rows of their own.
var withoutContent = []string{
	"ALL", "1:50", "UID 5:80", "1:10 UNSEEN", "OR SEEN FLAGGED", "NOT DELETED",
	"ANSWERED", "DRAFT", "KEYWORD $Junk", "UNKEYWORD $Junk", "UNANSWERED", "RECENT", "NEW", "OLD",
	"BEFORE 1-Feb-2031", "ON 1-Feb-2031", "SINCE 1-Feb-2020",
	"SENTBEFORE 7-Oct-2026", "SENTON 7-Oct-2026", "SENTSINCE 7-Oct-2026",
	"SAVEDBEFORE 1-Feb-2031", "SAVEDON 1-Feb-2031", "SAVEDSINCE 1-Feb-2020", "SAVEDATESUPPORTED",
	"OLDER 100", "YOUNGER 100", "LARGER 100", "SMALLER 100000", "MODSEQ 1",
	"FROM carol", "TO bob", "CC dan", "BCC erin", "SUBJECT plan", "SUBJECT nowhere", `SUBJECT "plan 17"`,
	`SUBJECT ""`, `HEADER From ""`, `HEADER To ""`, `HEADER Cc ""`, `HEADER Bcc ""`, `HEADER Subject ""`,
	"HEADER From carol", "HEADER To bob", "HEADER Cc dan", "HEADER Bcc erin", "HEADER Subject plan",
	"EMAILID M0", "THREADID T0", "INTHREAD (SUBJECT plan FROM carol1)", "THREADROOT INTHREAD UNSEEN",
	"THREADLEAF", "MESSAGEID <7@example.org>", "FUZZY SUBJECT plan", "FUZZY FROM carol",
	"FILTER plans", `ANNOTATION /comment value "note"`,
	"X-GM-MSGID 7", "X-GM-THRID 7", "X-GM-LABELS work",
	`X-GM-RAW "from:carol1 to:bob cc:dan7"`, `X-GM-RAW "subject:plan -subject:17 rfc822msgid:7@example.org"`,
	`X-GM-RAW "has:attachment"`, `X-GM-RAW "filename:plan"`, `X-GM-RAW "has:userlabels OR label:work"`,
	`X-GM-RAW "in:inbox is:unread is:starred"`, `X-GM-RAW "larger:1K smaller:1M older_than:1d"`,
	`X-GM-RAW "after:2026/10/01"`, `X-GM-RAW "after:1500000000 before:1900000000"`,
}

// TestWithoutContents holds that PREVIEW, SORT, THREAD and SEARCH read what is stored
// beside messages and no message, neither when they are first asked nor again.
func TestWithoutContents(t *testing.T) {
	backing := memkv.NewBacking()
	fillWithLetters(t, newHost(t, hostOptions{engine: backing.Open()}), 100)
	commands := []string{"FETCH 1:* (PREVIEW)", "FETCH 1:* (PREVIEW (LAZY))", "FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE EMAILID THREADID SAVEDATE RFC822.SIZE)"}
	for _, key := range withoutContent {
		commands = append(commands, "SEARCH "+key)
	}
	for _, key := range []string{"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO", "MODSEQ", "UID", "ANNOTATION /comment value.priv", "RELEVANCY"} {
		what := "ALL"
		if key == "RELEVANCY" {
			what = "FUZZY SUBJECT plan"
		}
		commands = append(commands, fmt.Sprintf("SORT (%s) UTF-8 %s", key, what), fmt.Sprintf("SORT (REVERSE %s) UTF-8 %s", key, what))
	}
	commands = append(commands, "SEARCH RETURN (THREAD=REFERENCES ALL) INTHREAD SUBJECT plan", "SEARCH RETURN (THREAD=ORDEREDSUBJECT COUNT) THREADROOT")
	for _, by := range []string{"REFS", "REFERENCES", "ORDEREDSUBJECT"} {
		commands = append(commands, "THREAD "+by+" UTF-8 ALL", "THREAD "+by+" UTF-8 SUBJECT plan")
	}
	for _, cmd := range commands {
		t.Run(strings.ReplaceAll(cmd, "/", "|"), func(t *testing.T) {
			engine := countkv.New(backing.Open())
			c := newHost(t, hostOptions{engine: engine}).login(t, "alice")
			c.do("s SELECT INBOX")
			ofSummaries := strings.HasPrefix(cmd, "FETCH") || strings.Contains(cmd, "has:attachment") || strings.Contains(cmd, "filename:")
			for _, again := range []bool{false, true} {
				engine.Take()
				c.do("a " + cmd)
				count := engine.Take()
				if n := count.Rows(contents...).N; n > 0 {
					t.Errorf("again: %v: %d rows of messages are read: %v", again, n, count)
				}
				if again && !ofSummaries && count.Rows(summaries).N > 0 {
					t.Errorf("again: summaries are read another time: %v", count)
				}
			}
		})
	}
}

// TestComparedWithoutContents is TestWithoutContents for texts in header fields that are
// compared otherwise than by default: the summaries have them in their own case.
func TestComparedWithoutContents(t *testing.T) {
	engine := countkv.New(memkv.New())
	h := newHost(t, hostOptions{engine: engine})
	fillWithLetters(t, h, 30)
	c := h.login(t, "alice")
	c.do("s SELECT INBOX")
	for _, by := range []string{"i;octet", "i;ascii-casemap"} {
		c.do("c COMPARATOR " + by)
		for _, key := range withoutContent {
			engine.Take()
			c.do("a SEARCH " + key)
			if count := engine.Take(); count.Rows(contents...).N > 0 {
				t.Errorf("%s by %s: %v", key, by, count)
			}
		}
	}
}

// TestWithContents holds that the count sees what is read of messages, where no
// column can answer.
func TestWithContents(t *testing.T) {
	engine := countkv.New(memkv.New())
	h := newHost(t, hostOptions{engine: engine})
	fillWithLetters(t, h, 30)
	c := h.login(t, "alice")
	c.do("s SELECT INBOX")
	for cmd, want := range map[string]bool{
		"SEARCH BODY nowhere": true, "SEARCH TEXT nowhere": true, "SEARCH HEADER X-Other nowhere": true, "FETCH 1:* (BODY.PEEK[])": true,
		"SEARCH SMALLER 10 BODY nowhere": false,
	} {
		engine.Take()
		c.do("a " + cmd)
		if count := engine.Take(); count.Rows(contents...).N >= 30 != want {
			t.Errorf("%s: %v", cmd, count)
		}
	}
}

// TestWithoutContentsIsWhole holds that each kind of search key stands among those
// that are tried, but for the ones that are about a message's text.
func TestWithoutContentsIsWhole(t *testing.T) {
	tried := map[imap.SearchOp]bool{imap.SearchBody: true, imap.SearchText: true}
	for _, text := range append(withoutContent, "HEADER X-Other text") {
		k, err := command.ParseFilter(text, command.Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		k.Walk(func(k *imap.SearchKey) bool {
			tried[k.Op] = true
			return true
		})
	}
	for op := imap.SearchAll; op <= imap.SearchArrivedBefore; op++ {
		if !tried[op] {
			t.Errorf("search key number %d is not tried", op)
		}
	}
}

// fillWithLetters gives alice as many letters, no two of which are alike, some of
// them answers to others, some with an attachment, a flag, a label or a note.
func fillWithLetters(t *testing.T, h *host, n int) {
	t.Helper()
	c := h.login(t, "alice")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	p := a.BeginAppend(t.Context())
	defer p.Abort()
	for i := range n {
		w, err := p.Message(mailstore.NewMessage{})
		if err == nil {
			_, err = io.WriteString(w, fullLetter(i))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Commit(context.WithoutCancel(t.Context()), a.State().MailboxByName("INBOX").ID); err != nil {
		t.Fatal(err)
	}
	c.do("a SELECT INBOX")
	c.do(`a STORE 1:10 +FLAGS (\Seen \Flagged $Junk)`)
	c.do("a STORE 5:20 +X-GM-LABELS (work)")
	c.do(`a STORE 3 ANNOTATION (/comment (value.priv "note"))`)
	c.do(`a SETMETADATA "" (/private/filters/values/plans "SUBJECT plan")`)
}

func fullLetter(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: \"Carol %d\" <carol%d@example.net>\r\nTo: Bob %d <bob@example.org>\r\nCc: dan%d@example.org\r\nBcc: erin@example.org\r\n", i%7, i%7, i%5, i)
	fmt.Fprintf(&b, "Subject: plan %d\r\nMessage-ID: <%d@example.org>\r\nDate: Wed, %d Oct 2026 10:00:00 +0000\r\n", i%50, i, 1+i%28)
	if i%3 > 0 {
		fmt.Fprintf(&b, "In-Reply-To: <%d@example.org>\r\nReferences: <%d@example.org>\r\n", i-1, i-1)
	}
	if i%4 > 0 {
		return b.String() + "\r\n" + strings.Repeat(fmt.Sprintf("Hello %d, this is a letter.\r\n", i), 500)
	}
	return b.String() + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n" +
		"--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\nPDF\r\n--b--\r\n"
}
