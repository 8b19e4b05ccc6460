package clients_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
)

const snailConfig = `
set v15-compat tls-ca-file={ca} tls-ca-no-defaults tls-verify=strict
set imap-auth=login nosave noheader quiet
set folder=imaps://{enc}:{password}@localhost:{imaps}/
`

// TestSnail reads, flags, copies, moves, deletes and searches by s-nail's commands.
func TestSnail(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "s-nail", "s-nail")
	version, err := exec.Command(program, "-:/", "-Xversion", "-Xx").CombinedOutput()
	if err != nil || !strings.Contains(string(version), "+imap ") {
		binary.Missing(t, "s-nail is built without IMAP:\n"+string(version))
	}
	s := start(t)
	c := login(t, s)
	for _, name := range []string{"one", "two", "three", "four"} {
		if _, _, err := c.Append("INBOX", "", letter(name, "text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	rc := filepath.Join(s.Dir, "nailrc")
	write(t, rc, fill(s, snailConfig, "{enc}", strings.ReplaceAll(alice, "@", "%40")))
	snail := func(commands ...string) string {
		t.Helper()
		args := []string{"MAILRC=" + rc, program, "-#", "-:u"}
		for _, command := range commands {
			args = append(args, "-Y", command)
		}
		return run(t, s.Dir, nil, "env", append(args, "-f", "+INBOX")...)
	}
	out := snail("type 2", "flag 3", "copy 2 +Archive", "move 4 +Kept", "delete 1", "folder +Archive", "from *", "quit")
	if !strings.Contains(out, "text of two") {
		t.Errorf("it read\n%s", out)
	}
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"two": `\seen`, "three": `\flagged`})
	same(t, "Archive", picture(t, c, "Archive"), map[string]string{"two": `\seen`})
	same(t, "Kept", picture(t, c, "Kept"), map[string]string{"four": ""})

	// A specification in parentheses is a SEARCH that the server does.
	logged := s.LogSize(t)
	out = snail(`from '(text "text of three")'`, "unflag 2", "answered 2", "unread 1", "folders @", "quit")
	if !strings.Contains(out, "Kept") || !strings.Contains(out, "Archive") {
		t.Errorf("it listed\n%s", out)
	}
	if strings.Contains(out, "two") || !strings.Contains(out, "three") {
		t.Errorf("it found\n%s", out)
	}
	if log := s.LogFrom(t, logged); !strings.Contains(log, "name=\"UID SEARCH\"") && !strings.Contains(log, "name=SEARCH") {
		t.Error("it did not ask the server to search")
	}
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"two": "", "three": `\answered`})
}
