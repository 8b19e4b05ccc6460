package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/imap/command"
)

// TestHostileExtensions sends what extensions could be made to grow by: each is
// taken or refused at once, and the connection lives on.
func TestHostileExtensions(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{Contexts: 2, ConvertMessages: 2, ConvertParts: 2, SearchMailboxes: 3, NotifyMailboxes: 3,
		Command: command.Limits{NotifyMailboxes: 4}}})
	c := h.login(t, "alice")
	for range 3 {
		if err := h.deliver("alice", "INBOX", "Subject: one\r\n\r\nText.\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		c.do(fmt.Sprintf("c CREATE m%d", i))
	}
	c.do("s SELECT INBOX")
	many := func(n int, text string) string { return strings.Repeat(text+" ", n-1) + text }
	for i, f := range []struct{ name, command, want string }{
		{"a context", "UID SEARCH RETURN (UPDATE) ALL", "OK "},
		{"another", "UID SORT RETURN (UPDATE) (SUBJECT) UTF-8 ALL", "OK "},
		{"one too many", "UID SEARCH RETURN (UPDATE) UNSEEN", "OK "}, // NO UPDATE is told; RFC 5267 §4.3.1
		{"cancelling what is none", "CANCELUPDATE " + many(5000, `"x"`), "BAD |NO |OK "},
		{"sort criteria", "SORT (" + many(10_000, "SUBJECT") + ") UTF-8 ALL", "NO [LIMIT]|BAD "},
		{"REVERSE of REVERSE", "SORT (" + many(10_000, "REVERSE") + " SUBJECT) UTF-8 ALL", "NO [LIMIT]|BAD "},
		{"nested INTHREAD", "SEARCH " + many(5000, "INTHREAD") + " ALL", "NO [LIMIT]"},
		{"nested FUZZY", "SEARCH " + many(5000, "FUZZY") + " ALL", "NO [LIMIT]|BAD "},
		{"mailboxes of ESEARCH", "ESEARCH IN (mailboxes (" + many(10_000, "m0") + ")) ALL", "NO [LIMIT]|OK "},
		{"trees of ESEARCH", "ESEARCH IN (subtree (" + many(10_000, "m0") + ")) ALL", "NO [LIMIT]|OK "},
		{"PARTIAL at the end of numbers", "UID SEARCH RETURN (PARTIAL 4294967295:4294967295) ALL", "OK "},
		{"PARTIAL from the end", "UID FETCH 1:* (UID) (PARTIAL -4294967295:-1)", "OK "},
		{"batches of the most", "UIDBATCHES 4294967295 1:4294967295", "OK |NO "},
		{"NOTIFY of many", "NOTIFY SET (mailboxes (" + many(10_000, "m0") + ") (MessageNew MessageExpunge))", "NO [LIMIT]|NO [NOTIFICATIONOVERFLOW]"},
		{"events", "NOTIFY SET (personal (" + many(10_000, "MailboxName") + "))", "OK |NO |BAD "},
		{"conversions of many", "CONVERT 1:3 (NIL (\"charset\" \"utf-8\")) BINARY[1]", "NO [MAXCONVERTMESSAGES"},
		{"conversions of parts", "CONVERT 1 (NIL (\"charset\" \"utf-8\")) (BINARY[1] BINARY[1.1] BINARY[1.2])", "NO [MAXCONVERTPARTS"},
		{"conversion parameters", "CONVERT 1 (NIL (" + many(10_000, `"x" "y"`) + ")) BINARY[1]", "NO |BAD "},
		{"entries", "GETMETADATA INBOX (" + many(50_000, "/private/x") + ")", "NO [LIMIT]|OK "},
		{"values", "SETMETADATA INBOX (" + many(50_000, `/private/x "y"`) + ")", "NO "},
		{"a deep entry", "SETMETADATA INBOX (/private" + strings.Repeat("/x", 20_000) + ` "y")`, "NO |BAD "},
		{"labels", "STORE 1 +X-GM-LABELS (" + many(50_000, "x") + ")", "NO [LIMIT]|BAD "},
		{"a nested search of Gmail", `SEARCH X-GM-RAW "` + strings.Repeat("(", 50_000) + `x"`, "NO |OK |BAD "},
		{"what a backtracking matcher never ends", `SEARCH X-GM-RAW "` + strings.Repeat("(a+)+", 1000) + `$"`, "NO |OK |BAD "},
		{"negations of Gmail", `SEARCH X-GM-RAW "` + strings.Repeat("-", 50_000) + `x"`, "NO |OK |BAD "},
		{"alternatives of Gmail", `SEARCH X-GM-RAW "` + many(10_000, "x OR") + ` x"`, "NO |OK |BAD "},
		{"annotations", "FETCH 1 ANNOTATION ((" + many(50_000, "/comment") + ") value)", "NO |OK |BAD "},
		{"an annotation of stars", "FETCH 1 ANNOTATION (/" + strings.Repeat("*", 20_000) + "x value)", "NO |OK |BAD "},
		{"a deep URL", "APPEND INBOX CATENATE (URL /INBOX/;UID=1/;SECTION=" + strings.Repeat("1.", 20_000) + "1)", "NO "},
		{"a URL of escapes", "APPEND INBOX CATENATE (URL /" + strings.Repeat("%41", 20_000) + "/;UID=1)", "NO "},
		{"parts of CATENATE", "APPEND INBOX CATENATE (" + many(50_000, "URL /INBOX/;UID=1") + ")", "NO "},
		{"URLs", "URLFETCH " + many(20_000, "imap://alice@localhost/INBOX/;UID=1;URLAUTH=anonymous:internal:00000000000000000000000000000000"), "NO [LIMIT]|OK "},
		{"rights", "SETACL m0 bob " + many(1, strings.Repeat("l", 50_000)), "NO |OK |BAD "},
		{"quota resources", `SETQUOTA "" (` + many(50_000, "STORAGE 1") + ")", "NO |BAD "},
		{"languages", "LANGUAGE " + many(50_000, "xx"), "NO |BAD "},
		{"ID", "ID (" + many(10_000, `"x" "y"`) + ")", "NO |BAD |OK "},
		{"what is enabled", "ENABLE " + many(50_000, "X-NONE"), "NO |BAD |OK "},
		{"the session lives on", "NOOP", "OK "},
	} {
		tag := fmt.Sprintf("t%d ", i)
		_, answer := c.try(tag + f.command)
		taken := false
		for _, want := range strings.Split(f.want, "|") {
			taken = taken || strings.HasPrefix(answer, tag+want)
		}
		if !taken {
			t.Errorf("%s: %.200s, want %s", f.name, answer, f.want)
		}
	}
}
