package clients_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestOutboxOverPostfix sends by IMAP: what is put into the outbox goes to a Postfix,
// which hands it back by LMTP.
func TestOutboxOverPostfix(t *testing.T) {
	t.Parallel()
	binary.Need(t, "postfix", "postfix")
	if os.Getuid() != 0 {
		binary.Missing(t, "Postfix is started by root only")
	}
	const bob, carol = "bob@example.org", "carol@unix.example.org"
	s := binary.Start(t, binary.Options{Path: restante})
	for _, name := range []string{alice, bob, carol} {
		s.AddUser(t, name, password)
	}
	p := startPostfix(t, s)
	s.Stop(t)
	config, err := os.ReadFile(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.Config, fmt.Sprintf("%s\nsubmit.outbox = \"Outbox\"\nsubmit.relay = %q\nsubmit.tls = \"none\"\n", config, p.smtp))
	s.Run(t)
	c := login(t, s)
	commands(t, c, "CREATE Outbox")

	message := strings.ReplaceAll("From: "+alice+"\nTo: "+bob+"\nBcc: "+carol+"\nSubject: sent\nMessage-Id: <sent@example.com>\n\nHi.\n.\n..\n", "\n", "\r\n")
	reply, err := c.Do("LIST \"\" Outbox")
	if err != nil {
		t.Fatal(reply, err)
	}
	// Its UID in the outbox is not told, since it is filed elsewhere.
	if _, _, err := c.Append("Outbox", "", []byte(message)); err == nil {
		t.Error("the UID of a message that was filed is told")
	}
	for _, name := range []string{bob, carol} {
		other, err := loginAs(t, s, name)
		if err != nil {
			t.Fatal(err)
		}
		arrives(t, other, "INBOX", "sent")
		got, err := other.Messages("INBOX", "BODY.PEEK[]")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || strings.Contains(got[0].Item, "Bcc:") || !strings.HasSuffix(strings.TrimSuffix(got[0].Item, ")"), "Hi.\r\n.\r\n..\r\n") {
			t.Errorf("%s got %v", name, got)
		}
		if !strings.Contains(got[0].Item, "Return-Path: <"+alice+">") {
			t.Errorf("%s: the sender is another: %q", name, got[0].Item)
		}
	}
	same(t, "Outbox", picture(t, c, "Outbox"), map[string]string{})
	sent, err := c.Messages("Sent", "BODY.PEEK[]")
	if err != nil || len(sent) != 1 || !strings.Contains(sent[0].Item, "Bcc: "+carol) {
		t.Errorf("sent: %v %v", sent, err)
	}

	// What is not sent stays there.
	if _, _, err := c.Append("Outbox", "", []byte(strings.Replace(message, alice, "someone@elsewhere.example", 1))); err != nil {
		t.Error(err)
	}
	same(t, "Outbox", picture(t, c, "Outbox"), map[string]string{"sent": "$submitfailed"})
}
