package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/cachedblob"
	"github.com/restante/restante/blob/dirblob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/internal/mailtest"
	"github.com/restante/restante/internal/s3test"
	"github.com/restante/restante/mailstore"
)

// TestBlobTranscripts runs the transcripts with every message that has a body in an
// object: all of them in memory, and on the real stores, whose syncs take their time,
// those that write and read messages most.
func TestBlobTranscripts(t *testing.T) {
	stores := map[string]func() (blob.Store, error){
		"memblob": func() (blob.Store, error) { return memblob.New(nil), nil },
	}
	if s3test.Required() { // elsewhere they would make go test too long
		stores["dirblob"] = func() (blob.Store, error) { return dirblob.Open(t.TempDir()) }
		stores["s3blob"] = func() (blob.Store, error) {
			s, err := s3blob.Open(s3test.Start(t).Bucket(t))
			if err != nil {
				return nil, err
			}
			return cachedblob.Open(blob.Guard(s, blob.GuardOptions{}), cachedblob.Options{Dir: t.TempDir()})
		}
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			s, err := open()
			if err != nil {
				t.Fatal(err)
			}
			o := hostOptions{store: mailstore.Options{
				Blobs: s, BlobsAbove: 1, Spool: t.TempDir(),
				Mailboxes: []mailstore.NewMailbox{
					{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
					{Name: "Sent", SpecialUse: []string{`\Sent`}},
				}, ServerMetadata: []mailstore.MetadataEntry{
					{Name: "/shared/comment", Value: []byte("Shared comment")},
					{Name: "/shared/admin", Value: []byte("mailto:postmaster@example.org")},
				},
			}}
			glob := "testdata/*.txt"
			if name != "memblob" {
				glob = "testdata/[abcf]*.txt"
			}
			mailtest.Run(t, glob, func(t *testing.T) mailtest.Peer { return newHost(t, o).peer(t) })
		})
	}
}

// TestBlobsDown has the store of large messages not answer: clients are told so for what
// lies there, and nothing else suffers.
func TestBlobsDown(t *testing.T) {
	store := memblob.New(nil)
	h := newHost(t, hostOptions{store: mailstore.Options{Blobs: store, BlobsAbove: 10_000, Spool: t.TempDir()}})
	text := func(name string, size int) string {
		head := "Subject: " + name + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nshort\r\n--b\r\n\r\n"
		return head + strings.Repeat("0123456789abcde\r\n", size/17) + "\r\n--b--\r\n"
	}
	long := "Subject: long header\r\nX-Long: " + strings.Repeat("x", 100_000) + "\r\n\r\n" + strings.Repeat("0123456789abcde\r\n", 2000)
	c := h.login(t, "anna")
	for _, m := range []string{text("small", 1000), text("large", 100_000), text("huge", 3_000_000), long, text("small", 2000)} {
		if err := h.deliver("anna", "INBOX", m); err != nil {
			t.Fatal(err)
		}
	}
	c.do("s SELECT INBOX")
	fault := errors.New("down")
	store.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { return fault }})
	const unavailable = " NO [UNAVAILABLE] "
	for i, step := range []struct{ command, want string }{
		{"FETCH 1 BODY.PEEK[]", " OK "},
		{"FETCH 1:5 (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])", " OK "},
		{"FETCH 2:3 BODY.PEEK[1]", " OK "}, // the short part at the beginning
		{"FETCH 2 BODY.PEEK[]<0.500>", " OK "},
		{"FETCH 2 BODY.PEEK[2]", unavailable},
		{"FETCH 2 BODY.PEEK[]", unavailable},
		{"FETCH 1:2 (UID BODY.PEEK[])", unavailable},
		{"FETCH 3 BODY.PEEK[]<2000000.10>", unavailable},
		{"FETCH 4 BODY.PEEK[]", unavailable},
		{"FETCH 4 BODY.PEEK[TEXT]", unavailable},
		{"FETCH 5 BODY.PEEK[]", " OK "},
		{"SEARCH SUBJECT large", " OK "},
		{"SEARCH BODY abcde", unavailable},
		{"STORE 1:5 +FLAGS (\\Seen)", " OK "},
		{"COPY 2:3 INBOX", " OK "},
		{"NOOP", " OK "},
	} {
		tag := fmt.Sprintf("d%d", i)
		if _, answer := c.try(tag + " " + step.command); !strings.HasPrefix(answer, tag+step.want) {
			t.Errorf("%s: %s", step.command, answer)
		}
	}
	if err := h.deliver("anna", "INBOX", text("another", 20_000)); err == nil {
		t.Error("a large delivery succeeds")
	}
	if err := h.deliver("anna", "INBOX", text("another", 2000)); err != nil {
		t.Errorf("a small delivery: %v", err)
	}
	store.SetFault(memblob.Fault{})
	for i, want := range map[int]string{2: text("large", 100_000), 3: text("huge", 3_000_000), 4: long} {
		if lines := c.do(fmt.Sprintf("u%d FETCH %d BODY.PEEK[]", i, i)); !strings.Contains(strings.Join(lines, "\r\n"), want) {
			t.Errorf("message %d once it answers again: %d lines", i, len(lines))
		}
	}
}
