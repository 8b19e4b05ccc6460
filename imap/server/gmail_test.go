package server

import (
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// TestGmailTranscripts runs the transcripts of a server that tells of X-GM-EXT-1.
func TestGmailTranscripts(t *testing.T) {
	transcripts(t, "testdata/gmail/*.txt", hostOptions{
		imap: func(o *Options) { o.GmailExtensions = true },
		store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
			{Name: "[Gmail]/Drafts", SpecialUse: []string{`\Drafts`}},
			{Name: "[Gmail]/Important", SpecialUse: []string{`\Important`}},
			{Name: "[Gmail]/Sent Mail", SpecialUse: []string{`\Sent`}},
			{Name: "[Gmail]/Spam", SpecialUse: []string{`\Junk`}},
			{Name: "[Gmail]/Trash", SpecialUse: []string{`\Trash`}},
		}},
	})
}

func TestGmailID(t *testing.T) {
	for _, account := range []restante.AccountID{0, 1, 1<<23 - 1, 1<<62 + 12345, 1<<64 - 1} {
		for _, n := range []uint64{1, 2, 1<<40 - 1} {
			id := gmailID(account, n)
			if got, ok := gmailNumber(account, id); !ok || got != n || id >= 1<<63 {
				t.Errorf("%d of %d: %d, back %d %v", n, account, id, got, ok)
			}
			if _, ok := gmailNumber(account^1, id); ok {
				t.Errorf("%d is of another account too", id)
			}
		}
		if _, ok := gmailNumber(account, gmailID(account, 0)); ok {
			t.Error("0 names something")
		}
	}
}
