package lmtp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// TestBlobsDown has the store of large messages not answer: the sender keeps the message,
// and what needs no object is delivered.
func TestBlobsDown(t *testing.T) {
	engine, blobs := memkv.New(), memblob.New(nil)
	s := newSiteWith(t, engine, mailstore.Options{KV: engine, Blobs: blobs, BlobsAbove: 1000, Spool: t.TempDir()})
	c := s.talk()
	deliver := func(message, want string) {
		t.Helper()
		c.say("MAIL FROM:<>", "250")
		c.say("RCPT TO:<alice@example.com>", "250")
		c.say("DATA", "354")
		c.say(message+"\r\n.", want)
	}
	large := "Subject: x\r\n\r\n" + strings.Repeat("0123456789012345678901234567890123456789\r\n", 50) + "end"
	blobs.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { return errors.New("down") }})
	deliver(large, "451 4.3.0")
	deliver("Subject: x\r\n\r\nshort", "250")
	blobs.SetFault(memblob.Fault{})
	deliver(large, "250")
	got, err := s.messages("alice@example.com", "INBOX")
	if err != nil || len(got) != 2 {
		t.Errorf("%q, %v", got, err)
	}
	if n := len(blobs.Names()); n != 1 {
		t.Errorf("%d objects", n)
	}
}
