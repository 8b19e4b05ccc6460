package server

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/restante/restante/directory"
	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// aboutOthers are commands about a mailbox THEIRS, or a URL of the user USER, that the
// one who asks may not see.
var aboutOthers = []string{
	"SELECT THEIRS", "EXAMINE THEIRS", "STATUS THEIRS (MESSAGES)", "CREATE THEIRS", "CREATE THEIRS/below", "DELETE THEIRS", "RENAME THEIRS mine",
	"RENAME Own THEIRS", "RENAME Own THEIRS/below", "SUBSCRIBE THEIRS", "UNSUBSCRIBE THEIRS", `LIST "" THEIRS`, `LIST "" THEIRS/%`, `LIST "" (THEIRS) RETURN (STATUS (MESSAGES) MYRIGHTS)`,
	`LSUB "" THEIRS`, `XLIST "" THEIRS`, "GETACL THEIRS", "SETACL THEIRS alice lr", "DELETEACL THEIRS alice", "LISTRIGHTS THEIRS alice", "MYRIGHTS THEIRS",
	"GETMETADATA THEIRS /shared/comment", `SETMETADATA THEIRS (/shared/comment "x")`, "GETQUOTAROOT THEIRS", `GETQUOTA "user/USER"`, `SETQUOTA "user/USER" (STORAGE 9)`,
	"APPEND THEIRS {5+}\r\nA: b\r", "COPY 1 THEIRS", "MOVE 1 THEIRS", "UID COPY 1 THEIRS", "ESEARCH IN (mailboxes THEIRS) ALL", "ESEARCH IN (subtree THEIRS) ALL",
	"NOTIFY SET (mailboxes THEIRS (MessageNew MessageExpunge))", "NOTIFY SET STATUS (subtree THEIRS (MailboxName))", "NOTIFY NONE",
	"REPLACE 1 THEIRS {5+}\r\nA: b\r", "RESETKEY THEIRS", `APPEND Own CATENATE (URL "/THEIRS/;UID=1")`,
	`APPEND Own CATENATE (URL "imap://USER@h/LEAF/;UID=1")`, `STORE 1 +X-GM-LABELS (THEIRS)`, "SEARCH X-GM-LABELS THEIRS",
	`GENURLAUTH "imap://USER@h/LEAF/;UID=1;URLAUTH=anonymous" INTERNAL`, `GENURLAUTH "imap://alice@h/THEIRS/;UID=1;URLAUTH=anonymous" INTERNAL`,
	`URLFETCH "imap://USER@h/LEAF/;UID=1;URLAUTH=anonymous:internal:00112233445566778899aabbccddeeff"`,
	`URLFETCH "imap://USER@h/LEAF/;UID=1;URLAUTH=anonymous:internal:TOKEN"`, `URLFETCH "imap://USER@h/LEAF/;UID=1;URLAUTH=user+alice:internal:TOKEN"`,
	`GENURLAUTH "imap://alice@h/Own/;UID=1;URLAUTH=user+USER" INTERNAL`, `URLFETCH "OWN"`, // a URL for USER
	`URLFETCH "imap://alice@h/THEIRS/;UID=1;URLAUTH=anonymous:internal:TOKEN"`, `URLFETCH "imap://USER@h/LEAF/;UIDVALIDITY=1/;UID=1"`,
}

// stranger is a user, who may exist or not, in the eyes of alice.
type stranger struct{ user, box string }

// command gives a command about the stranger.
func (w stranger) command(form string) string {
	name, user := "Other Users/"+w.user+"/"+w.box, w.user
	if strings.Contains(form, "imap:") || strings.Contains(form, `"/THEIRS`) {
		escape := strings.NewReplacer(" ", "%20", "@", "%40")
		name, user = escape.Replace(name), escape.Replace(user)
	} else {
		form = strings.NewReplacer("THEIRS/below", `"THEIRS/below"`, "THEIRS/%", `"THEIRS/%"`, "THEIRS", `"THEIRS"`).Replace(form)
	}
	return strings.NewReplacer("THEIRS", name, "USER", user, "LEAF", w.box, "TOKEN", strings.Repeat("02", 33)).Replace(form)
}

// TestDiscreet holds that a user who shares nothing with alice, and his mailboxes, are
// for her as those that do not exist: each command answers in the same words, and asks
// the engine the same, for the first time and again, whether the other's account is in
// use or not.
func TestDiscreet(t *testing.T) {
	backing := memkv.NewBacking()
	setup := newHost(t, hostOptions{engine: backing.Open()})
	for _, user := range []string{"carol", "dave", "dave@local.example", "mallet@there.example"} {
		setup.login(t, user).do("a CREATE Hidden")
	}
	a := setup.login(t, "alice")
	a.do("a CREATE Own")
	a.do("a APPEND INBOX {5+}\r\nA: b\r\n")
	carol := setup.login(t, "carol")
	carol.do("a CREATE Secret")
	carol.do("a SETACL Hidden alice l")
	strangers := [][]stranger{
		{{"dave", "INBOX"}, {"dave", "Hidden"}, {"dave", "Nothing"}, {"nobody", "INBOX"}, {"nobody", "Hidden"}},
		{{"dave@local.example", "INBOX"}, {"nobody@local.example", "INBOX"}},
		{{"carol", "Secret"}, {"carol", "Nothing"}}, // whom she knows
		{{"mallet@there.example", "INBOX"}, {"nobody@there.example", "INBOX"}, {"nobody@nowhere.example", "Hidden"}},
	}
	for _, inUse := range []bool{false, true} {
		for _, alike := range strangers {
			want := ask(t, backing, alike[0], inUse)
			for _, w := range alike[1:] {
				for i, got := range ask(t, backing, w, inUse) {
					if got != want[i] {
						t.Errorf("%s, in use: %v\n%v:\n%s%v:\n%s", aboutOthers[i], inUse, alike[0], want[i], w, got)
					}
				}
			}
		}
	}
}

// ask sends each command twice to a node that keeps no account that is not in use, and
// tells what it answered, without names, and what it asked its engine.
func ask(t *testing.T, backing *memkv.Backing, w stranger, inUse bool) (told []string) {
	t.Helper()
	engine := countkv.New(backing.Open())
	h := newHost(t, hostOptions{
		engine: engine, store: mailstore.Options{IdleBytes: 1}, directory: directory.Options{LocalDomains: []string{"local.example"}},
	})
	if inUse {
		if a, err := h.account(w.user); err == nil {
			defer a.Release()
		}
	}
	c := h.login(t, "alice")
	names := strings.NewReplacer(w.user, "USER", strings.ReplaceAll(w.user, "@", "%40"), "USER", "/"+w.box, "/LEAF")
	_, url, _ := strings.Cut(c.do(w.command(`g GENURLAUTH "imap://alice@h/Own/;UID=1;URLAUTH=user+USER" INTERNAL`))[0], "URLAUTH ")
	token := regexp.MustCompile("[0-9a-f]{66}")
	for _, form := range aboutOthers {
		var b strings.Builder
		for range 2 {
			c.do("s SELECT INBOX")
			engine.Take()
			lines, answer := c.try("a " + strings.ReplaceAll(w.command(form), `"OWN"`, url))
			fmt.Fprintf(&b, "%s\n\t%v\n", token.ReplaceAllString(names.Replace(strings.Join(append(lines, answer), "\n")), "TOKEN"), engine.Take())
		}
		told = append(told, b.String())
	}
	return told
}
