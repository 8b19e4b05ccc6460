package server

import (
	"strings"
	"testing"

	"github.com/restante/restante/mailstore"
)

// rightsNeeded is the table of RFC 4314 §4: a command on a mailbox of alice's, the
// rights without any one of which it is refused, and whether the mailbox is selected
// first. %B is the mailbox.
var rightsNeeded = []struct {
	command, need string
	selected      bool
}{
	{"LIST \"\" %B", "", false},
	{"SUBSCRIBE %B", "", false},
	{"UNSUBSCRIBE %B", "", false},
	{"LSUB \"\" %B", "", false},
	{"CREATE %B/x", "k", false},
	{"DELETE %B", "x", false},
	{"RENAME %B %B2", "x", false}, // and k on the superior, which bob keeps
	{"SELECT %B", "r", false},
	{"EXAMINE %B", "r", false},
	{"STATUS %B (MESSAGES)", "r", false},
	{"SETACL %B carol lr", "a", false},
	{"DELETEACL %B carol", "a", false},
	{"GETACL %B", "a", false},
	{"LISTRIGHTS %B carol", "a", false},
	{"MYRIGHTS %B", "", false},
	{"APPEND %B (\\Seen \\Deleted x) {1+}\r\nx", "i", false},
	{"COPY 1 %B", "ir", true},
	{"MOVE 1 INBOX", "ter", true},
	{"EXPUNGE", "er", true},
	{"UID EXPUNGE 1", "er", true},
	{"CLOSE", "r", true},
	{"FETCH 1 BODY[]", "r", true},
	{"STORE 1 +FLAGS (\\Seen)", "sr", true},
	{"STORE 1 +FLAGS (\\Deleted)", "tr", true},
	{"STORE 1 +FLAGS (\\Flagged)", "wr", true},
	{"STORE 1 FLAGS (\\Seen \\Deleted x)", "r", true},
}

// TestRightsNeeded gives bob all rights but one, and none.
func TestRightsNeeded(t *testing.T) {
	const box = `"Other Users/alice/Top/Box"`
	h := newHost(t, hostOptions{})
	alice, bob := h.login(t, "alice"), h.login(t, "bob")
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
			line := strings.NewReplacer(`%B/x`, `"Other Users/alice/Top/Box/x"`, `%B2`, `"Other Users/alice/Top/Box2"`, `%B`, box).Replace(c.command)
			allowed := !strings.Contains(c.need, missing) && (i >= 0 || c.need == "") && (i >= 0 || c.command != "MYRIGHTS %B")
			answer := ""
			if c.selected {
				_, answer = bob.try("s SELECT " + box)
			}
			if !c.selected || strings.HasPrefix(answer, "s OK") {
				_, answer = bob.try("x " + line)
			}
			if got := strings.Contains(answer, " OK "); got != allowed {
				t.Errorf("%s without %s: %s", c.command, missing, answer)
			}
			if !allowed && !strings.Contains(answer, "[NOPERM]") && !strings.Contains(answer, "[NONEXISTENT]") {
				t.Errorf("%s without %s: %s", c.command, missing, answer)
			}
			if (missing == "l" || i < 0) && !allowed && !strings.HasPrefix(c.command, "CREATE") && !c.selected && !strings.Contains(answer, "[NONEXISTENT]") {
				t.Errorf("%s without %s tells that there is the mailbox: %s", c.command, missing, answer)
			}
			bob.try("u UNSELECT")
			alice.try("d DELETE Top/Box/x")
			alice.try("d DELETE Top/Box")
			alice.try("d DELETE Top/Box2")
		}
	}
}
