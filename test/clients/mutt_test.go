package clients_test

import (
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

const muttConfig = `
set folder="imaps://localhost:{imaps}/"
set spoolfile="+INBOX"
set imap_user="{user}"
set imap_pass="{password}"
set ssl_usesystemcerts=no
set ssl_ca_certificates_file="{ca}"
set certificate_file="{ca}"
set imap_condstore=yes
set imap_qresync={qresync}
set imap_idle=no
set connect_timeout=300
set imap_poll_timeout=300
set header_cache="{dir}/cache"
set message_cachedir="{dir}/bodies"
set from="{user}"
set record=""
set postponed=""
set move=no
set quit=yes
set delete=yes
set confirmappend=no
set confirmcreate=no
set beep=no
set wait_key=no
set resume_draft_files=no
set sleep_time=0
set mark_old=no
`

// TestMutt has mutt change a mailbox by the keys that it is given.
func TestMutt(t *testing.T) {
	t.Parallel()
	program, script := binary.Need(t, "mutt", "mutt"), binary.Need(t, "script", "bsdutils")
	s := start(t)
	c := login(t, s)
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		if _, _, err := c.Append("INBOX", "", letter(name, "text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	mutt := func(qresync, keys string) {
		t.Helper()
		rc := filepath.Join(s.Dir, "muttrc")
		write(t, rc, fill(s, muttConfig, "{qresync}", qresync)+"push '"+keys+"'\n")
		run(t, s.Dir, nil, script, "-q", "-e", "-c", program+" -n -F "+rc, "/dev/null")
	}
	// Tagged messages are saved elsewhere in one go, one is flagged, one read,
	// one deleted.
	mutt("no", "<tag-pattern>~s two | ~s three<enter><tag-prefix><save-message>=Kept<enter>"+
		"<search>~s four<enter><flag-message><search>~s five<enter><delete-message>"+
		"<search>~s one<enter><display-message><exit><quit>")
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"one": `\seen`, "four": `\flagged`})
	same(t, "Kept", picture(t, c, "Kept"), map[string]string{"two": "", "three": ""})

	// With a header cache from before, news and what others changed are seen.
	for _, command := range []string{"SELECT INBOX", `STORE 1 +FLAGS (\Flagged)`, `STORE 2 -FLAGS (\Flagged)`, "UNSELECT"} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatal(err)
		}
	}
	deliver(t, s, alice, letter("six", "delivered"))
	mutt("yes", "<tag-pattern>~F<enter><tag-prefix><copy-message>=Flagged<enter><untag-pattern>~A<enter><tag-pattern>~s six<enter>"+
		"<tag-prefix><set-flag>r<quit>")
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"one": `\flagged \seen`, "four": "", "six": `\answered \seen`})
	same(t, "Flagged", picture(t, c, "Flagged"), map[string]string{"one": `\flagged \seen`})
	mutt("yes", "<change-folder>=Flagged<enter><delete-pattern>~A<enter><sync-mailbox><change-folder>=Kept<enter>"+
		"<tag-pattern>~A<enter><tag-prefix><save-message>=INBOX<enter><quit>")
	same(t, "Flagged", picture(t, c, "Flagged"), map[string]string{})
	same(t, "Kept", picture(t, c, "Kept"), map[string]string{})
	if got := picture(t, c, "INBOX"); len(got) != 5 {
		t.Errorf("INBOX in the end: %v", got)
	}
}
