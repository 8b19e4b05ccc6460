package command

import (
	"strings"
	"testing"
)

func TestACL(t *testing.T) {
	for _, c := range []struct{ in, want string }{ // want is empty for what is refused
		// RFC 4314 §3
		{"SETACL INBOX/Drafts Byron lrswikda", "[mailbox=INBOX/Drafts identifier=Byron rights=lrswikda]"},
		{"SETACL INBOX/Drafts Chris +cda", "[mailbox=INBOX/Drafts identifier=Chris rights=+cda]"},
		{`SETACL "a b" "-Fred" "-wted"`, "[mailbox=a b identifier=-Fred rights=-wted]"},
		{`SETACL inbox $team ""`, "[mailbox=INBOX identifier=$team rights=]"},
		{"SETACL INBOX {4+}\r\nfred {3+}\r\n+lr", "[mailbox=INBOX identifier=fred rights=+lr]"},
		{"SETACL INBOX fred +", "[mailbox=INBOX identifier=fred rights=+]"},
		{"SETACL INBOX fred " + strings.Repeat("l", 36), "[mailbox=INBOX identifier=fred rights=" + strings.Repeat("l", 36) + "]"},
		{"SETACL INBOX fred " + strings.Repeat("l", 37), ""},
		{`SETACL INBOX "" lr`, ""},
		{"SETACL INBOX {1+}\r\n\xff lr", ""},
		{"SETACL INBOX " + strings.Repeat("f", 3001) + " lr", ""},
		{"SETACL INBOX fred", ""},
		{"SETACL INBOX", ""},
		{"SETACL INBOX fred lr x", ""},
		{"SETACL INBOX fred (lr)", ""},
		{"DELETEACL INBOX Fred", "[mailbox=INBOX identifier=Fred]"},
		{"DELETEACL INBOX -$team", "[mailbox=INBOX identifier=-$team]"},
		{"DELETEACL INBOX", ""},
		{"DELETEACL INBOX Fred x", ""},
		{"LISTRIGHTS ~/Mail/saved smith", "[mailbox=~/Mail/saved identifier=smith]"},
		{"LISTRIGHTS archive.imap anyone", "[mailbox=archive.imap identifier=anyone]"},
		{"LISTRIGHTS anyone", ""},
		{"GETACL INBOX", "[mailbox=INBOX]"},
		{"GETACL INBOX x", ""},
		{"MYRIGHTS INBOX", "[mailbox=INBOX]"},
		{"MYRIGHTS", ""},
	} {
		cmd, _, err := parse("a "+c.in+"\r\n", testOptions(true))
		got := ""
		if err == nil {
			got = cmd.LogValue().String()
		}
		if got != c.want {
			t.Errorf("%q: got %s, %v", c.in, got, err)
		}
	}
}
