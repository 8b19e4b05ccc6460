package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/internal/mailtest"
	"github.com/restante/restante/mailstore"
)

// legacyHost is a server that understands older protocols.
func legacyHost(t testing.TB, o hostOptions) *host {
	o.imap = func(o *Options) { o.LegacyDialects = true }
	return newHost(t, o)
}

// TestLegacyTranscripts runs the transcripts of older protocols.
func TestLegacyTranscripts(t *testing.T) {
	transcripts(t, "testdata/legacy/*.txt", hostOptions{
		imap: func(o *Options) { o.LegacyDialects = true },
		store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
			{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
			{Name: "Sent", SpecialUse: []string{`\Sent`}},
		}},
	})
}

// TestIMAP2Transcripts runs the transcripts of a listener for clients of older
// protocols.
func TestIMAP2Transcripts(t *testing.T) {
	transcripts(t, "testdata/imap2/*.txt", hostOptions{imap: func(o *Options) { o.LegacyDialects = true }, imap2: true})
}

// TestModernWithLegacy runs the transcripts of IMAP4rev1 and IMAP4rev2 on a server
// that understands older protocols too: its clients may see nothing of that but
// IMAP4 in CAPABILITY.
func TestModernWithLegacy(t *testing.T) {
	mailtest.Run(t, "testdata/*.txt", func(t *testing.T) mailtest.Peer {
		h := legacyHost(t, hostOptions{store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
			{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
			{Name: "Sent", SpecialUse: []string{`\Sent`}},
		}, ServerMetadata: []mailstore.MetadataEntry{
			{Name: "/shared/comment", Value: []byte("Shared comment")},
			{Name: "/shared/admin", Value: []byte("mailto:postmaster@example.org")},
		}}, server: func(s *Server) {
			s.loginCapabilities, s.capabilities = s.loginCapabilities[1:], s.capabilities[1:]
		}})
		return h.peer(t)
	})
}

// TestLegacyCapability drives IMAP4, which stands first (RFC 1730 §7.2.1), before
// login and after.
func TestLegacyCapability(t *testing.T) {
	h := legacyHost(t, hostOptions{})
	c := h.client(t)
	for _, login := range []string{"l LOGIN alice secret", "n NOOP"} {
		if all := told(c); all[0] != "IMAP4" {
			t.Error(all)
		}
		c.do(login)
	}
	if lines := c.do("a1 FIND ALL.MAILBOXES *"); lines[0] != "* MAILBOX INBOX" {
		t.Error(lines)
	}
	if _, answer := c.try("a2 PARTIAL 1 RFC822.PEEK 1 10"); !strings.HasPrefix(answer, "a2 BAD PARTIAL: select") {
		t.Error(answer)
	}
}

// TestNothingLegacy sends what older protocols have to a server that is not
// configured to understand them.
func TestNothingLegacy(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	c.do("a0 SELECT INBOX")
	for _, command := range []string{
		"FIND MAILBOXES *", "PARTIAL 1 RFC822 1 10", "BBOARD x", "SUBSCRIBE MAILBOX x", "SELECT.VERSION (3 0)", "SUPPORTED.VERSIONS",
		"READONLY", "FLAGS", "SET.FLAGS (x)", "FETCH 1 BODY[0]", "FETCH 1 RFC822.PEEK", "FETCH 1 RFC822.HEADER.LINES (To)", "SEARCH ON 1-Oct-87",
	} {
		if _, answer := c.try("a1 " + command); !strings.HasPrefix(answer, "a1 BAD ") {
			t.Errorf("%s: %s", command, answer)
		}
		c.do("a2 NOOP")
	}
}

// FuzzLegacySession is FuzzSession for clients of older protocols. Each command has
// at most one tagged status, and a session that was not ended answers to the end.
func FuzzLegacySession(f *testing.F) {
	for _, seed := range []string{
		"a FIND BBOARDS *\r\nb SELECT INBOX\r\nc COPY 1:2 x\r\nd SEARCH FROM x BEFORE 1-Jan-90\r\ne STORE 1 +FLAGS \\Seen\r\nf EXPUNGE\r\ng CHECK\r\n",
		"a SELECT INBOX\r\nb PARTIAL 1 BODY[1.0] 1 5\r\nc FETCH 1 (RFC822.HEADER.LINES (a) BODY[0])\r\nd CAPABILITY\r\n",
		"a BBOARD x\r\nb CREATE y\r\nc COMPRESS DEFLATE\r\n", "a FIND MAILBOXES *\r\nb SELECT INBOX\r\nc ENABLE QRESYNC\r\nd SELECT.VERSION (3 0)\r\n",
	} {
		f.Add([]byte(seed), false)
	}
	for _, seed := range []string{
		"a SELECT INBOX\r\nb FETCH 1 ($TO SIZE BODY)\r\nc SEARCH ~HEADER x ~SEEN\r\nd SET.FLAGS (a)\r\ne FLAGS\r\nf READONLY\r\ng EXPUNGE\r\nh LOGOUT\r\n",
		"a SELECT.FEATURES NEW.MAIL.NOTIFY\r\nb SELECT INBOX\r\nc SEND RFC822 {3+}\r\nabc\r\nd SELECT.FEATURES ~NEW.MAIL.NOTIFY SEND\r\ne SELECT nowhere\r\n",
		"a SELECT.FEATURES ADD.MESSAGE INDEXABLE.FIELDS ~TAGGED.SOLICITED\r\nb ADD.MESSAGE INBOX RFC822 {5+}\r\nhello\r\nc SELECT INBOX\r\nd FETCH 1 TEXT 0:2\r\n",
	} {
		f.Add([]byte(seed), true)
	}
	h := legacyHost(f, hostOptions{limits: Limits{CommandLine: 4096, Literal: 1024, Message: 4096, BadCommands: 1 << 30}})
	f.Fuzz(func(t *testing.T, sent []byte, imap3 bool) {
		h.renew(t, "fuzz")
		c, err := h.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		head := "login LOGIN fuzz secret\r\n"
		if imap3 {
			head += "version SELECT.VERSION (3 0)\r\n"
		}
		go func() {
			_, _ = c.Write(append([]byte(head), sent...))
			_ = c.(*net.TCPConn).CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("the session did not end: %v\n%q", err, got)
		}
		if bytes.Contains(got, []byte("}\r\n")) || bytes.Contains(got, []byte("DEFLATE active")) {
			return // contents of messages may look like anything
		}
		answers := 0
		for line := range bytes.Lines(got) {
			words := bytes.Fields(line)
			if len(words) > 1 && string(words[0]) != "*" && (string(words[1]) == "OK" || string(words[1]) == "NO" || string(words[1]) == "BAD") {
				answers++
			}
		}
		if commands := bytes.Count([]byte(head), []byte("\n")) + bytes.Count(sent, []byte("\n")); answers > commands {
			t.Fatalf("%d answers to %d commands:\n%q\n%q", answers, commands, sent, got)
		}
	})
}

// TestSearchHeaderAway: a header that cannot be read for now makes the search of RFC 1203
// for it fail, as those of later protocols do, and is not taken for one without the text.
func TestSearchHeaderAway(t *testing.T) {
	store := memblob.New(nil)
	h := legacyHost(t, hostOptions{store: mailstore.Options{Blobs: store, BlobsAbove: 10_000, Spool: t.TempDir()}})
	long := "Subject: needle\r\n" + strings.Repeat("X-Long: 0123456789\r\n", 20_000) + "\r\nbody\r\n"
	c := h.client(t)
	c.do("v SELECT.VERSION (3 0)")
	c.do("l LOGIN alice secret")
	if err := h.deliver("alice", "INBOX", long); err != nil {
		t.Fatal(err)
	}
	c.send("s SELECT INBOX\r\n")
	for !strings.HasPrefix(c.line(), "s OK") {
	}
	search := func(want string) {
		t.Helper()
		c.send("a SEARCH HEADER needle\r\n")
		if got := c.line(); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var reads atomic.Int64
	store.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error {
		if reads.Add(1) > 1 { // the first look is for the text anywhere
			return errors.New("down")
		}
		return nil
	}})
	search("a NO ")
	if reads.Load() < 2 {
		t.Error("the header was not read")
	}
	store.SetFault(memblob.Fault{})
	search("a SEARCH (1)")
	c.expect("a OK")
}
