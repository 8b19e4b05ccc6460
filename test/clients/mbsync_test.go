package clients_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

const mbsyncConfig = `
FSync no

IMAPAccount restante
Host localhost
Port {imaps}
Timeout 300
User {user}
Pass {password}
SSLType IMAPS
SystemCertificates no
CertificateFile {ca}

IMAPStore far
Account restante

MaildirStore near
Path {mail}/
Inbox {mail}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
`

// mbsync is a machine that keeps a copy of the account in Maildirs.
type mbsync struct {
	t             *testing.T
	program       string
	dir, rc, mail string
}

func newMbsync(t *testing.T, s *binary.Server, name string) mbsync {
	m := mbsync{t: t, program: binary.Need(t, "mbsync", "isync"), dir: filepath.Join(s.Dir, name)}
	m.rc, m.mail = filepath.Join(m.dir, "mbsyncrc"), filepath.Join(m.dir, "mail")
	write(t, m.rc, fill(s, mbsyncConfig, "{mail}", m.mail))
	if err := os.MkdirAll(m.mail, 0o755); err != nil {
		t.Fatal(err)
	}
	return m
}

// sync runs it once.
func (m mbsync) sync() string {
	m.t.Helper()
	return run(m.t, m.dir, nil, m.program, "-c", m.rc, "all")
}

func (m mbsync) folder(name string) string { return filepath.Join(m.mail, name) }

// modSeqs are the HIGHESTMODSEQ of mailboxes: where they stay the same, nothing
// was written.
func modSeqs(t *testing.T, c *imapclient.Client, mailboxes ...string) map[string]uint64 {
	t.Helper()
	all := make(map[string]uint64)
	for _, name := range mailboxes {
		values, err := c.Status(name, "HIGHESTMODSEQ MESSAGES UIDNEXT")
		if err != nil {
			t.Fatal(err)
		}
		all[name] = values["HIGHESTMODSEQ"]
	}
	return all
}

// TestMbsync keeps a Maildir and the server alike, both ways.
func TestMbsync(t *testing.T) {
	t.Parallel()
	binary.Need(t, "mbsync", "isync")
	s := start(t)
	m, c := newMbsync(t, s, "one"), login(t, s)
	for i := range 4 {
		name := fmt.Sprintf("near%d", i)
		putMaildir(t, m.folder("INBOX"), []string{"", "S", "FS", "RS"}[i], name, letter(name, "from the machine"))
		name = fmt.Sprintf("far%d", i)
		if _, _, err := c.Append("INBOX", []string{"", `\Seen`, `\Flagged`, `\Answered`}[i], letter(name, "from the server")); err != nil {
			t.Fatal(err)
		}
	}
	m.sync()
	want := map[string]string{
		"near0": "", "near1": `\seen`, "near2": `\flagged \seen`, "near3": `\answered \seen`,
		"far0": "", "far1": `\seen`, "far2": `\flagged`, "far3": `\answered`,
	}
	same(t, "server after the first run", picture(t, c, "INBOX"), want)
	same(t, "machine after the first run", maildirPicture(t, m.folder("INBOX")), want)

	// Flags, deletions, new messages and mailboxes, on both sides.
	files := maildir(t, m.folder("INBOX"))
	setMaildir(t, files["far0"], "S")
	setMaildir(t, files["near2"], "")
	setMaildir(t, files["near0"], "T")
	if err := os.Remove(files["far3"].path); err != nil {
		t.Fatal(err)
	}
	putMaildir(t, m.folder("Lists/Go"), "S", "list", letter("list", "in a mailbox that the machine made"))
	putMaildir(t, m.folder("INBOX"), "F", "near4", letter("near4", "new"))
	changeFar(t, c)
	m.sync()
	want = map[string]string{
		"near1": `\flagged \seen`, "near2": "", "far0": `\seen`, "far1": "", "far4": `\seen`, "near4": `\flagged`,
	}
	same(t, "server after the second run", picture(t, c, "INBOX"), want)
	same(t, "machine after the second run", maildirPicture(t, m.folder("INBOX")), want)
	same(t, "mailbox made by the machine", picture(t, c, "Lists/Go"), map[string]string{"list": `\seen`})
	same(t, "mailbox made on the server", maildirPicture(t, m.folder("Projects/Restante")), map[string]string{"project": ""})

	m.idle(s, c, "INBOX", "Lists/Go", "Projects/Restante", "Sent")
	again := maildir(t, m.folder("INBOX"))
	if !bytes.Contains(again["far4"].text, []byte("\nnew\n")) {
		t.Errorf("far4 arrived as %q", again["far4"].text)
	}
}

// changeFar is what happens on the server between two runs.
func changeFar(t *testing.T, c *imapclient.Client) {
	t.Helper()
	for _, command := range []string{
		"SELECT INBOX",
		"UID STORE 2 -FLAGS (\\Seen)", // far1
		"CREATE Projects/Restante",
	} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	uid := func(name string) uint32 {
		reply, err := c.Do(`UID SEARCH HEADER Message-ID "<%s@"`, name)
		if err != nil {
			t.Fatal(err)
		}
		var found uint32
		for _, line := range reply.Untagged {
			fmt.Sscanf(line, "SEARCH %d", &found)
		}
		return found
	}
	for _, command := range []string{
		fmt.Sprintf("UID STORE %d +FLAGS (\\Flagged)", uid("near1")),
		fmt.Sprintf("UID STORE %d,%d +FLAGS.SILENT (\\Deleted)", uid("near3"), uid("far2")),
		"EXPUNGE",
		"UNSELECT",
	} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	for _, m := range []struct{ mailbox, name, flags string }{{"INBOX", "far4", `\Seen`}, {"Projects/Restante", "project", ""}} {
		if _, _, err := c.Append(m.mailbox, m.flags, letter(m.name, "new")); err != nil {
			t.Fatal(err)
		}
	}
}

// idle runs it where there is nothing to do, and fails the test if it moves or
// changes anything on either side.
func (m mbsync) idle(s *binary.Server, c *imapclient.Client, mailboxes ...string) {
	m.t.Helper()
	modseqs, near, logged := modSeqs(m.t, c, mailboxes...), m.files(), s.LogSize(m.t)
	m.sync()
	if after := modSeqs(m.t, c, mailboxes...); !maps.Equal(modseqs, after) {
		m.t.Errorf("a run with nothing to do wrote to the server: %v, then %v", modseqs, after)
	}
	if after := m.files(); !slices.Equal(near, after) {
		m.t.Errorf("a run with nothing to do wrote to the machine: %v, then %v", near, after)
	}
	for _, transfer := range []string{"name=APPEND", "BODY", "STORE", "EXPUNGE"} {
		if log := s.LogFrom(m.t, logged); strings.Contains(log, transfer) {
			m.t.Errorf("a run with nothing to do: %s in\n%s", transfer, log)
		}
	}
}

// files are the machine's messages, by path.
func (m mbsync) files() []string {
	m.t.Helper()
	all, err := filepath.Glob(filepath.Join(m.mail, "*", "cur", "*"))
	if err != nil || len(all) == 0 {
		m.t.Fatalf("no files: %v", err)
	}
	return all
}

// TestMbsyncLarge uploads a mailbox of 5,000 messages from one machine and
// downloads it to another.
func TestMbsyncLarge(t *testing.T) {
	t.Parallel()
	binary.Need(t, "mbsync", "isync")
	const messages = 5000
	s := start(t)
	one, two, c := newMbsync(t, s, "one"), newMbsync(t, s, "two"), login(t, s)
	letters := []string{"", "S", "RS", "FS", "F"}
	for i := range messages {
		name := fmt.Sprintf("large%d", i)
		putMaildir(t, one.folder("Large"), letters[i%len(letters)], name, letter(name, strings.Repeat("A line of text.\r\n", i%50)))
	}
	want := maildirPicture(t, one.folder("Large"))
	one.sync()
	same(t, "server", picture(t, c, "Large"), want)
	two.sync()
	same(t, "the other machine", maildirPicture(t, two.folder("Large")), want)
	one.idle(s, c, "Large")
	two.idle(s, c, "Large")
}
