package clients_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

const interimapConfig = `
database = {dir}/interimap.db
logfile = {dir}/interimap.log

[local]
type = imaps
host = localhost
port = {imaps}
SSL_CAfile = {ca}
username = {user}
password = {password}

[remote]
type = imap
host = localhost
port = {imap}
SSL_CAfile = {ca}
username = {carol}
password = {password}
compress = YES
`

// TestInterimap keeps two accounts alike by QRESYNC, both ways, one of them over
// a connection that is compressed.
func TestInterimap(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "interimap", "interimap")
	s := start(t)
	s.AddUser(t, carol, password)
	near := login(t, s)
	far, err := loginAs(t, s, carol)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(s.Dir, "interimaprc")
	write(t, config, fill(s, interimapConfig, "{carol}", carol))
	sync := func() string {
		t.Helper()
		return run(t, s.Dir, nil, program, "--config="+config)
	}
	put := func(c *imapclient.Client, mailbox, name, flags string) {
		t.Helper()
		if _, _, err := c.Append(mailbox, flags, letter(name, "text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	both := func(when, mailbox string, want map[string]string) {
		t.Helper()
		same(t, "one account's "+mailbox+" "+when, picture(t, near, mailbox), want)
		same(t, "the other's "+mailbox+" "+when, picture(t, far, mailbox), want)
	}
	for i, flags := range []string{"", `\Seen`, `\Flagged $Work`, `\Answered`} {
		put(near, "INBOX", fmt.Sprintf("near%d", i), flags)
		put(far, "INBOX", fmt.Sprintf("far%d", i), flags)
	}
	commands(t, near, "CREATE Lists/Go")
	commands(t, far, `CREATE "Entw&APw-rfe"`)
	put(far, "Entw&APw-rfe", "draft", `\Draft`)
	sync()
	want := map[string]string{
		"near0": "", "near1": `\seen`, "near2": `$work \flagged`, "near3": `\answered`,
		"far0": "", "far1": `\seen`, "far2": `$work \flagged`, "far3": `\answered`,
	}
	both("after the first run", "INBOX", want)
	both("after the first run", "Entw&APw-rfe", map[string]string{"draft": `\draft`})
	both("after the first run", "Lists/Go", map[string]string{})

	// Flags, expunges and new messages, on both sides.
	commands(t, near, "SELECT INBOX", `STORE 1 +FLAGS (\Flagged)`, `STORE 2 +FLAGS.SILENT (\Deleted)`, "EXPUNGE", "UNSELECT")
	commands(t, far, "SELECT INBOX", `STORE 1 FLAGS (\Seen $New)`, `STORE 4 +FLAGS.SILENT (\Deleted)`, "EXPUNGE", "UNSELECT")
	put(near, "INBOX", "near4", `\Seen`)
	put(far, "Lists/Go", "list", "")
	sync()
	delete(want, "near1")
	delete(want, "far3")
	want["near0"], want["far0"], want["near4"] = `\flagged`, `$new \seen`, `\seen`
	both("after the second run", "INBOX", want)
	both("after the second run", "Lists/Go", map[string]string{"list": ""})

	// Nothing to do is nothing done, once it has seen what it added itself, and
	// nothing has to be repaired.
	sync()
	before, beforeFar, logged := modSeqs(t, near, "INBOX", "Lists/Go"), modSeqs(t, far, "INBOX", "Lists/Go"), s.LogSize(t)
	sync()
	if after, afterFar := modSeqs(t, near, "INBOX", "Lists/Go"), modSeqs(t, far, "INBOX", "Lists/Go"); !maps.Equal(before, after) || !maps.Equal(beforeFar, afterFar) {
		t.Errorf("a run with nothing to do wrote: %v and %v, then %v and %v", before, beforeFar, after, afterFar)
	}
	for _, transfer := range []string{"name=APPEND", "BODY", "STORE", "EXPUNGE"} {
		if log := s.LogFrom(t, logged); strings.Contains(log, transfer) {
			t.Errorf("a run with nothing to do: %s in\n%s", transfer, log)
		}
	}
	run(t, s.Dir, nil, program, "--config="+config, "--rename", "Lists/Go", "Lists/Golang")
	run(t, s.Dir, nil, program, "--config="+config, "--repair", "INBOX", "Lists/Golang")
	both("after a repair", "INBOX", want)
	both("after a rename", "Lists/Golang", map[string]string{"list": ""})
}
