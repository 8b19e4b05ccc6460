package main

import (
	"net"
	"strings"
	"testing"

	"github.com/restante/restante/internal/mailtest"
)

// TestConfigured drives over the wire what only a configuration brings about: referrals,
// administrators and the limits of conversions.
func TestConfigured(t *testing.T) {
	s := newSite(t, `
imap.url = "imap://user;AUTH=*@mail.example.org"
[[imap.login_referral]]
user = "*@old.example.org"
url = "imap://%u@imap.old.example.org/"
[[imap.mailbox_referral]]
prefix = "Attic"
urls = ["imap://user;AUTH=*@archive.example.org/Attic"]
mailboxes = ["2025", "2026"]
[accounts]
administrators = ["postmaster"]
quota_warning = 50
[limits]
convert_time = "1m"
`)
	for _, user := range []string{"bob", "postmaster", "carol@old.example.org"} {
		good(t, "secret\n", "user", "add", user, "--password-stdin", "--config", s.config)
	}
	_, _, stop := s.serve(t)
	defer stop()
	mailtest.Run(t, "testdata/configured.txt", func(*testing.T) mailtest.Peer {
		return mailtest.Peer{Dial: func() (net.Conn, error) { return net.Dial("unix", strings.TrimPrefix(s.imap, "unix:")) }}
	})
	if out := good(t, "", "user", "show", "bob", "--config", s.config); !strings.Contains(out, "of 2.0 KiB") {
		t.Errorf("the quota is not told: %s", out)
	}
}

// TestConversionTime gives conversions less time than any may have.
func TestConversionTime(t *testing.T) {
	s := newSite(t, "limits.convert_time = \"10ms\"\n")
	bad(t, 1, "limits.convert_time", "config", "--config", s.config)
}
