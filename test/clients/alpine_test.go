package clients_test

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

const alpineConfig = `
personal-name=Alice
user-domain=example.org
inbox-path={localhost:{imaps}/ssl/user={user}}INBOX
folder-collections=Mail {localhost:{imaps}/ssl/user={user}}[]
default-fcc=""
feature-list=quit-without-confirm,expunge-without-confirm,expunge-without-confirm-everywhere,no-enable-newmail-in-xterm-icon
prune-date=1500.1
postponed-folder=Drafts
tcp-read-warning-timeout=300
`

// terminal is a program on a screen of tmux.
type terminal struct {
	t      *testing.T
	socket string
}

func (m terminal) tmux(args ...string) string {
	m.t.Helper()
	return run(m.t, m.t.TempDir(), nil, "tmux", append([]string{"-S", m.socket, "-f", "/dev/null"}, args...)...)
}

// press waits until the screen shows a text, and then types keys as tmux names them.
func (m terminal) press(shown string, keys ...string) {
	m.t.Helper()
	var screen string
	binary.Eventually(m.t, "the screen shows "+shown, func() error {
		if screen = m.tmux("capture-pane", "-p"); !strings.Contains(screen, shown) {
			return fmt.Errorf("it shows\n%s", screen)
		}
		return nil
	})
	for _, key := range keys {
		m.tmux("send-keys", key)
	}
}

// ended waits until the program has ended.
func (m terminal) ended() {
	m.t.Helper()
	binary.Eventually(m.t, "the program ends", func() error {
		if exec.Command("tmux", "-S", m.socket, "has-session").Run() == nil {
			return errors.New("it runs") // its screen may be gone at any moment
		}
		return nil
	})
}

// alpine starts alpine before an INBOX of four messages, and logs in.
func alpine(t *testing.T, s *binary.Server, c *imapclient.Client, program string) terminal {
	t.Helper()
	for _, name := range []string{"one", "two", "three", "four"} {
		if _, _, err := c.Append("INBOX", "", letter(name, "text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	rc := filepath.Join(s.Dir, "pinerc")
	write(t, rc, fill(s, alpineConfig))
	m := terminal{t, filepath.Join(s.Dir, "tmux.sock")}
	m.tmux("new-session", "-d", "-x", "100", "-y", "30",
		"env HOME="+s.Dir+" TERM=screen SSL_CERT_FILE="+s.CA+" "+program+" -p "+rc+" -i")
	t.Cleanup(func() { exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	m.press("Exit this greeting", "e")
	m.press("ENTER PASSWORD", password, "Enter")
	m.press("Preserve password", "n")
	return m
}

// TestAlpine reads a message, saves one to another mailbox and deletes one.
func TestAlpine(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "alpine", "alpine")
	binary.Need(t, "tmux", "tmux")
	s := start(t)
	c := login(t, s)
	m := alpine(t, s, c, program)
	m.press("Bob", "j")
	m.press("Message number", "2", "Enter")
	m.press("Bob", "v")
	m.press("text of two", "i")
	m.press("MESSAGE INDEX", "j")
	m.press("Message number", "3", "Enter", "s")
	m.press("SAVE", "Archive", "Enter")
	m.press("D   3 ", "j") // saved, and marked for that; what it says of it does not stay
	m.press("Message number", "1", "Enter", "d", "q")
	m.ended()
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"two": `\seen`, "four": ""})
	same(t, "Archive", picture(t, c, "Archive"), map[string]string{"three": ""})
}

// TestAlpineAggregate sorts by the server, selects messages by their text, changes them
// together, and postpones a message that it composes.
func TestAlpineAggregate(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "alpine", "alpine")
	binary.Need(t, "tmux", "tmux")
	s := start(t)
	c := login(t, s)
	m := alpine(t, s, c, program)
	m.press("Bob", "$")
	m.press("Choose type of sort", "s")
	m.press("1 02/07/22  Bob                       (221) four", `\;`) // tmux takes a bare one for its own
	m.press("SELECT criteria", "t")
	m.press("or All msg text", "a")
	m.press("TEXT to match", "of t", "Enter") // two and three
	m.press("ZOOMED", "a")
	m.press("APPLY", "d")
	m.press("X D", "c")
	m.press("COMPOSE MESSAGE", "bob@example.com", "Down", "Down", "Down", "later", "Down", "Draft.", "C-o")
	m.press("postponed", "q")
	m.ended()
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"one": "", "four": ""})
	if drafts := picture(t, c, "Drafts"); len(drafts) != 1 { // its Message-ID is alpine's
		t.Errorf("the drafts are %v", drafts)
	}
	log := s.LogFrom(t, 0)
	for _, name := range []string{"SORT", "SEARCH"} {
		if !strings.Contains(log, "name="+name) && !strings.Contains(log, "name=\"UID "+name) {
			t.Errorf("it did without %s", name)
		}
	}
}
