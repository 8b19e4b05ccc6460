package clients_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

const fetchmailConfig = `
set no bouncemail
set no syslog
set idfile "{dir}/fetchids"
poll localhost protocol IMAP port {port}
  user "{user}" password "{password}"
  {tls} sslcertck sslcertfile "{ca}"
  smtphost "127.0.0.1/{lmtp}" lmtp smtpname "bob@example.org"
  {keep}
`

// TestFetchmail has fetchmail carry the mail of one account to another of the
// same server: out by IMAP, in by LMTP.
func TestFetchmail(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "fetchmail", "fetchmail")
	s := start(t)
	s.AddUser(t, "bob@example.org", password)
	c := login(t, s)
	fetch := func(keep, port, tls string, ok ...int) {
		t.Helper()
		rc := filepath.Join(s.Dir, "fetchmailrc")
		write(t, rc, fill(s, fill(s, fetchmailConfig, "{keep}", keep, "{port}", port, "{tls}", tls)))
		run(t, s.Dir, ok, program, "--nodetach", "--verbose", "--fetchmailrc", rc, "--pidfile", filepath.Join(s.Dir, "fetchmail.pid"))
	}
	for i := range 3 {
		if _, _, err := c.Append("INBOX", "", letter(fmt.Sprintf("mail%d", i), ".A line that begins with a dot\r\n\r\nGrüße")); err != nil {
			t.Fatal(err)
		}
	}
	fetch("keep", "{imaps}", "ssl")
	same(t, "INBOX after keep", picture(t, c, "INBOX"), map[string]string{"mail0": `\seen`, "mail1": `\seen`, "mail2": `\seen`})
	const nothingNew = 1
	fetch("keep", "{imaps}", "ssl", nothingNew)
	deliver(t, s, alice, letter("mail3", "new"))
	fetch("nokeep fetchall", "{imap}", `sslproto "TLS1.2+"`)
	same(t, "INBOX after nokeep", picture(t, c, "INBOX"), map[string]string{})

	bob, err := loginAs(t, s, "bob@example.org")
	if err != nil {
		t.Fatal(err)
	}
	messages, err := bob.Messages("INBOX", "BODY.PEEK[TEXT]")
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != 7 { // three kept, then all four
		t.Errorf("bob has %d messages", len(messages))
	}
	for _, m := range messages[:3] {
		if want := ".A line that begins with a dot\r\n\r\nGrüße\r\n"; m.Item != want {
			t.Errorf("arrived as %q, not %q", m.Item, want)
		}
	}
}
