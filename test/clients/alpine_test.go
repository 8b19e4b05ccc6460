package clients_test

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/test/binary"
)

const alpineConfig = `
personal-name=Alice
user-domain=example.org
inbox-path={localhost:{imaps}/ssl/user={user}}INBOX
folder-collections=Mail {localhost:{imaps}/ssl/user={user}}[]
default-fcc=""
feature-list=quit-without-confirm,expunge-without-confirm,expunge-without-confirm-everywhere,no-enable-newmail-in-xterm-icon
prune-date=1500.1
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
	binary.Eventually(m.t, 20*time.Second, "the screen shows "+shown, func() error {
		if screen = m.tmux("capture-pane", "-p"); !strings.Contains(screen, shown) {
			return fmt.Errorf("it shows\n%s", screen)
		}
		return nil
	})
	for _, key := range keys {
		m.tmux("send-keys", key)
	}
}

// TestAlpine reads a message, saves one to another mailbox and deletes one.
func TestAlpine(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "alpine", "alpine")
	binary.Need(t, "tmux", "tmux")
	s := start(t)
	c := login(t, s)
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
	m.press("Bob", "j")
	m.press("Message number", "2", "Enter")
	m.press("Bob", "v")
	m.press("text of two", "i")
	m.press("MESSAGE INDEX", "j")
	m.press("Message number", "3", "Enter", "s")
	m.press("SAVE", "Archive", "Enter")
	m.press("D   3 ", "j") // saved, and marked for that; what it says of it does not stay
	m.press("Message number", "1", "Enter", "d", "q")
	binary.Eventually(t, 20*time.Second, "alpine ends", func() error {
		if exec.Command("tmux", "-S", m.socket, "has-session").Run() == nil {
			return errors.New("it runs") // its screen may be gone at any moment
		}
		return nil
	})
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"two": `\seen`, "four": ""})
	same(t, "Archive", picture(t, c, "Archive"), map[string]string{"three": ""})
}
