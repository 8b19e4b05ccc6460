package clients_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

const offlineimapConfig = `
[general]
metadata = {dir}/offlineimap
accounts = alice
maxsyncaccounts = 1
fsync = False
socktimeout = 300

[Account alice]
localrepository = local
remoterepository = remote

[Repository local]
type = Maildir
localfolders = {mail}

[Repository remote]
type = IMAP
remotehost = localhost
remoteport = {imaps}
remoteuser = {user}
remotepass = {password}
ssl = yes
sslcacertfile = {ca}
maxconnections = 2
expunge = yes
createfolders = True
`

// TestOfflineIMAP keeps a Maildir and the server alike, both ways.
func TestOfflineIMAP(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "offlineimap", "offlineimap3")
	s := start(t)
	c := login(t, s)
	mail, rc := filepath.Join(s.Dir, "mail"), filepath.Join(s.Dir, "offlineimaprc")
	write(t, rc, fill(s, offlineimapConfig, "{mail}", mail))
	sync := func() string {
		return run(t, s.Dir, nil, program, "-o", "-u", "basic", "-c", rc)
	}
	inbox := filepath.Join(mail, "INBOX")
	for name, flags := range map[string]string{"plain": "", "read": `\Seen`, "marked": `\Flagged \Seen`, "gone": ""} {
		if _, _, err := c.Append("INBOX", flags, letter(name, "text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	sync()
	want := map[string]string{"plain": "", "read": `\seen`, "marked": `\flagged \seen`, "gone": ""}
	same(t, "machine after the first run", maildirPicture(t, inbox), want)

	files := maildir(t, inbox)
	setMaildir(t, files["plain"], "FS")
	if err := os.Remove(files["gone"].path); err != nil {
		t.Fatal(err)
	}
	putMaildir(t, inbox, "S", "near", letter("near", "new on the machine"))
	putMaildir(t, filepath.Join(mail, "Notes"), "", "note", letter("note", "in a mailbox that the machine made"))
	for _, command := range []string{
		"SELECT INBOX",
		`STORE 1:* -FLAGS (\Flagged)`,
		"CREATE Lists",
	} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := c.Append("Lists", `\Answered`, letter("far", "new on the server")); err != nil {
		t.Fatal(err)
	}
	sync()
	want = map[string]string{"plain": `\flagged \seen`, "read": `\seen`, "marked": `\seen`, "near": `\seen`}
	same(t, "server after the second run", picture(t, c, "INBOX"), want)
	same(t, "machine after the second run", maildirPicture(t, inbox), want)
	same(t, "mailbox made by the machine", picture(t, c, "Notes"), map[string]string{"note": ""})
	same(t, "mailbox made on the server", maildirPicture(t, filepath.Join(mail, "Lists")), map[string]string{"far": `\answered`})

	for _, command := range []string{"SELECT INBOX", `STORE 1 +FLAGS.SILENT (\Deleted)`, "EXPUNGE", "UNSELECT"} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatal(err)
		}
	}
	sync()
	same(t, "machine after an expunge", maildirPicture(t, inbox), picture(t, c, "INBOX"))
	before := modSeqs(t, c, "INBOX", "Lists", "Notes")
	sync()
	if after := modSeqs(t, c, "INBOX", "Lists", "Notes"); !maps.Equal(before, after) {
		t.Errorf("a run with nothing to do wrote to the server: %v, then %v", before, after)
	}
}
