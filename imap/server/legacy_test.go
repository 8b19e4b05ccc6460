package server

import (
	"strings"
	"testing"

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
		}}})
		h.imap.loginCapabilities, h.imap.capabilities = h.imap.loginCapabilities[1:], h.imap.capabilities[1:]
		return h.peer(t)
	})
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
