// Package clients_test runs real mail clients and a real mail transfer agent
// against the real program over TLS. A test whose client is not installed is
// skipped with the reason, or fails with RESTANTE_CLIENTS=required.
package clients_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}

// The user of most tests.
const (
	alice    = "alice@example.org"
	carol    = "carol@example.org" // where a test has a second
	password = "poste-Restante.1"
)

// start starts a server that has the user alice.
func start(t *testing.T) *binary.Server {
	t.Helper()
	s := binary.Start(t, binary.Options{Path: restante})
	s.AddUser(t, alice, password)
	return s
}

// login connects the test's own client as alice.
func login(t *testing.T, s *binary.Server) *imapclient.Client {
	t.Helper()
	c, err := loginAs(t, s, alice)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// loginAs connects the test's own client as another user of the same password.
func loginAs(t *testing.T, s *binary.Server, user string) (*imapclient.Client, error) {
	c, err := imapclient.Login(s.IMAPS, s.TLS(t), user, password)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

// commands sends commands that must all be answered with OK.
func commands(t *testing.T, c *imapclient.Client, all ...string) {
	t.Helper()
	for _, command := range all {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
}

// run runs a client to its end, in dir and with HOME there, and answers its
// output. It fails the test unless the exit status is one of ok, or 0.
func run(t *testing.T, dir string, ok []int, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*binary.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8", "TERM=dumb")
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && !slices.Contains(ok, cmd.ProcessState.ExitCode()) {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
	return string(out)
}

// write writes a file of a client, that only its owner may read.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fill expands the {names} of a client's configuration.
func fill(s *binary.Server, text string, more ...string) string {
	_, imap, _ := strings.Cut(s.IMAP, ":")
	_, imaps, _ := strings.Cut(s.IMAPS, ":")
	_, lmtp, _ := strings.Cut(s.LMTP, ":")
	return strings.NewReplacer(append([]string{
		"{dir}", s.Dir, "{ca}", s.CA, "{imap}", imap, "{imaps}", imaps, "{lmtp}", lmtp,
		"{user}", alice, "{password}", password,
	}, more...)...).Replace(text)
}

// letter makes a message; the Message-ID is made of its name.
func letter(name, text string) []byte {
	return fmt.Appendf(nil, "From: Bob <bob@example.com>\r\nTo: Alice <alice@example.org>\r\n"+
		"Subject: %s\r\nMessage-ID: <%s@example.com>\r\nDate: Mon, 7 Feb 2022 21:52:25 +0100\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", name, name, text)
}

// picture is a mailbox as a test compares it: the flags of each message, by
// the name that letter gave it.
func picture(t *testing.T, c *imapclient.Client, mailbox string) map[string]string {
	t.Helper()
	messages, err := c.Messages(mailbox, "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
	if err != nil {
		t.Fatalf("%s: %v", mailbox, err)
	}
	all := make(map[string]string)
	for _, m := range messages {
		_, id, _ := strings.Cut(m.Item, "<")
		name, _, _ := strings.Cut(id, "@")
		if _, twice := all[name]; twice {
			t.Errorf("%s is in %s twice", name, mailbox)
		}
		all[name] = strings.Join(m.Flags, " ")
	}
	return all
}

// deliver hands a message to the server by LMTP.
func deliver(t *testing.T, s *binary.Server, recipient string, message []byte) {
	t.Helper()
	if err := lmtpclient.Deliver(s.LMTP, "bob@example.com", recipient, message); err != nil {
		t.Fatalf("delivery to %s: %v", recipient, err)
	}
}
