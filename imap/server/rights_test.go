package server

import (
	"strings"
	"testing"

	"github.com/restante/restante/mailstore"
)

// rightsNeeded is the table of RFC 4314 §4, and what RFC 5464 §3.3, RFC 5465 §5, RFC
// 5819 §2, RFC 7377 §2.2, RFC 8440 §3, RFC 8508 §4.1 and RFC 9208 §6 say of their
// commands: a command on a mailbox of alice's, the rights without any one of which it
// is refused, and whether the mailbox is selected first. %B is the mailbox. A command
// that is never refused shows something only with the rights.
var rightsNeeded = []struct {
	command, need string
	selected      bool
	shows         string
}{
	{"LIST \"\" %B", "l", false, "* LIST"},
	{"LIST \"\" %B RETURN (STATUS (MESSAGES))", "lr", false, "* STATUS"},
	{"LIST \"\" %B RETURN (MYRIGHTS)", "l", false, "* MYRIGHTS"},
	{"LIST \"\" %B RETURN (METADATA (/private/comment))", "l", false, "* METADATA"},
	{"XLIST \"\" %B", "l", false, "* XLIST"},
	{"RLIST \"\" %B", "l", false, "* LIST"},
	{"SUBSCRIBE %B", "", false, ""},
	{"UNSUBSCRIBE %B", "", false, ""},
	{"LSUB \"\" %B", "", false, ""},
	{"RLSUB \"\" %B", "", false, ""},
	{"CREATE %B/x", "k", false, ""},
	{"CREATE %B/x/y/z", "k", false, ""},
	{"DELETE %B", "x", false, ""},
	{"RENAME %B %B2", "x", false, ""}, // and k on the superior, which bob keeps
	{"RENAME Mine %B/x", "-", false, ""},
	{"SELECT %B", "r", false, ""},
	{"EXAMINE %B", "r", false, ""},
	{"STATUS %B (MESSAGES)", "r", false, ""},
	{"SETACL %B carol lr", "a", false, ""},
	{"DELETEACL %B carol", "a", false, ""},
	{"GETACL %B", "a", false, ""},
	{"LISTRIGHTS %B carol", "a", false, ""},
	{"MYRIGHTS %B", "", false, ""},
	{"GETQUOTAROOT %B", "r", false, ""},
	{"GETQUOTA #user/alice", "r", false, ""},
	{"GETMETADATA %B /private/comment", "l", false, ""},
	{"SETMETADATA %B (/private/comment {1+}\r\nx)", "l", false, ""},
	{"SETMETADATA %B (/shared/comment {1+}\r\nx)", "lw", false, ""},
	{"ESEARCH IN (mailboxes %B) ALL", "r", false, "* ESEARCH"},
	{"ESEARCH IN (subtree \"Other Users\") ALL", "lr", false, "* ESEARCH"},
	{"ESEARCH IN (subtree-one \"Other Users/alice/Top\") ALL", "lr", false, "* ESEARCH"},
	{"NOTIFY SET STATUS (mailboxes %B (MessageNew MessageExpunge))", "lr", false, "* STATUS"},
	{"NOTIFY SET STATUS (subtree \"Other Users\" (MessageNew MessageExpunge))", "lr", false, "* STATUS"},
	{"APPEND %B (\\Seen \\Deleted x) {1+}\r\nx", "i", false, ""},
	{"COPY 1 %B", "ir", true, ""},
	{"MOVE 1 INBOX", "ter", true, ""},
	{"REPLACE 1 INBOX {1+}\r\nx", "ter", true, ""},
	{"UID REPLACE 1 %B {1+}\r\nx", "teir", true, ""},
	{"EXPUNGE", "er", true, ""},
	{"UID EXPUNGE 1", "er", true, ""},
	{"CLOSE", "r", true, ""},
	{"FETCH 1 BODY[]", "sr", true, "\\Seen"},
	{"FETCH 1 BINARY[]", "sr", true, "\\Seen"},
	{"FETCH 1 BODY.PEEK[]", "r", true, ""},
	{"FETCH 1 (PREVIEW EMAILID SAVEDATE)", "r", true, ""},
	{"CONVERT 1 (\"text/plain\" (\"charset\" \"utf-8\")) BINARY[1]", "r", true, ""},
	{"SEARCH ALL", "r", true, ""},
	{"SEARCH RETURN (UPDATE COUNT) ALL", "r", true, ""},
	{"UID SORT (ARRIVAL) UTF-8 ALL", "r", true, ""},
	{"UID THREAD REFERENCES UTF-8 ALL", "r", true, ""},
	{"ESEARCH IN (selected) ALL", "r", true, "* ESEARCH"},
	{"UIDBATCHES 500", "r", true, ""},
	{"STORE 1 +FLAGS (\\Seen)", "sr", true, ""},
	{"STORE 1 +FLAGS (\\Deleted)", "tr", true, ""},
	{"STORE 1 +FLAGS (\\Flagged)", "wr", true, ""},
	{"STORE 1 FLAGS (\\Seen \\Deleted x)", "r", true, ""},
	{"STORE 1 ANNOTATION (/comment (value.shared {1+}\r\nx))", "nr", true, ""},
	{"STORE 1 ANNOTATION (/comment (value.priv {1+}\r\nx))", "r", true, ""},
	{"FETCH 1 (ANNOTATION (/comment value))", "r", true, ""},
	{"FETCH 1 (X-GM-LABELS X-GM-MSGID)", "r", true, ""},
}

// withReferrals lets there be all commands.
func withReferrals(o *Options) {
	o.Referrals.Mailboxes = []MailboxReferral{{Prefix: "Remote", URLs: []string{"imap://b.example/Remote"}}}
}

// TestRightsNeeded gives bob all rights but one, and none.
func TestRightsNeeded(t *testing.T) {
	const box = `"Other Users/alice/Top/Box"`
	h := newHost(t, hostOptions{imap: withReferrals})
	alice, bob := h.login(t, "alice"), h.login(t, "bob")
	bob.do("t CREATE Mine")
	alice.do("t CREATE Top")
	alice.do("t SETACL Top bob lk")
	all := mailstore.Rights(mailstore.AllRights).String()
	for _, c := range rightsNeeded {
		for i := -1; i < len(all); i++ {
			missing := "everything"
			rights := ""
			if i >= 0 {
				missing = all[i : i+1]
				rights = strings.Replace(all, missing, "", 1)
			}
			alice.do("t CREATE Top/Box")
			if err := h.deliver("alice", "Top/Box", "Subject: x\r\n\r\nx\r\n"); err != nil {
				t.Fatal(err)
			}
			alice.do(`t SETACL Top/Box bob "` + rights + `"`)
			line := strings.NewReplacer(`%B/x/y/z`, `"Other Users/alice/Top/Box/x/y/z"`, `%B/x`, `"Other Users/alice/Top/Box/x"`, `%B2`, `"Other Users/alice/Top/Box2"`, `%B`, box).Replace(c.command)
			allowed := !strings.Contains(c.need, missing) && c.need != "-" && (i >= 0 || c.need == "") && (i >= 0 || c.command != "MYRIGHTS %B")
			answer, untagged := "", []string(nil)
			if c.selected {
				_, answer = bob.try("s SELECT " + box)
			}
			if !c.selected || strings.HasPrefix(answer, "s OK") {
				untagged, answer = bob.try("x " + line)
			}
			told := strings.Join(untagged, "\n")
			got := strings.Contains(answer, " OK ")
			if c.shows != "" && got {
				got = strings.Contains(told, c.shows)
			} else if !allowed && !strings.Contains(answer, "[NOPERM]") && !strings.Contains(answer, "[NONEXISTENT]") && c.need != "-" {
				t.Errorf("%s without %s: %s", c.command, missing, answer)
			}
			if got != allowed {
				t.Errorf("%s without %s: %s %s", c.command, missing, told, answer)
			}
			if (missing == "l" || i < 0) && !allowed && !strings.HasPrefix(c.command, "CREATE") && !c.selected {
				if c.shows == "" && !strings.Contains(answer, "[NONEXISTENT]") && c.need != "-" || strings.Contains(told, "Top/Box") {
					t.Errorf("%s without %s tells that there is the mailbox: %s %s", c.command, missing, told, answer)
				}
			}
			bob.try("u UNSELECT")
			bob.try("n NOTIFY NONE")
			bob.try("q UNSUBSCRIBE " + box)
			for _, below := range []string{"/x/y/z", "/x/y", "/x", ""} {
				alice.try("d DELETE Top/Box" + below)
			}
			alice.try("d DELETE Top/Box2")
		}
	}
}

// TestNothingIsTold: what is not shared answers as what is not there, in the account
// of a user who shares nothing with bob, of one who shares something else, and of one
// who does not exist.
func TestNothingIsTold(t *testing.T) {
	h := newHost(t, hostOptions{imap: withReferrals})
	alice, carol, bob := h.login(t, "alice"), h.login(t, "carol"), h.login(t, "bob")
	for _, owner := range []*client{alice, carol} {
		owner.do("t CREATE Top/Box")
	}
	carol.do("t CREATE Else")
	carol.do("t SETACL Else bob lrswipkxtean")
	for _, c := range rightsNeeded {
		if c.selected {
			continue
		}
		var want string
		for i, name := range []string{"nobody/Top/Box", "carol/Top/Not", "carol/Top/Box", "alice/Top/Box", "alice/Top/Box/"} {
			line := strings.NewReplacer(`%B/x/y/z`, `"Other Users/`+name+`/x/y/z"`, `%B/x`, `"Other Users/`+name+`/x"`,
				`%B2`, `"Other Users/`+name+`2"`, `%B`, `"Other Users/`+name+`"`).Replace(c.command)
			if !strings.Contains(line, name) {
				continue
			}
			untagged, answer := bob.try("x " + line)
			bob.try("n NOTIFY NONE")
			bob.try(`q UNSUBSCRIBE "Other Users/` + name + `"`)
			got := strings.ReplaceAll(strings.Join(append(untagged, answer), "\n"), strings.TrimSuffix(name, "/"), "…")
			if i == 0 {
				want = got
			} else if got != want {
				t.Errorf("%s\n%s\nand not\n%s", line, got, want)
			}
		}
	}
}
