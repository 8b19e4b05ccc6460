package command

import (
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante/imap/wire"
)

// showNotify gives a NOTIFY in the form of the grammar.
func showNotify(c *Notify) string {
	var b []byte
	if !c.Set {
		return "NONE"
	}
	b = append(b, "SET"...)
	if c.Status {
		b = append(b, " STATUS"...)
	}
	for _, g := range c.Groups {
		b = append(append(b, " ("...), g.Filter.String()...)
		if g.Filter.Named() {
			b = append(b, " ["+strings.Join(g.Mailboxes, "|")+"]"...)
		}
		b = append(g.Events.Append(append(b, " ("...)), "))"...)
		if len(g.Items.Sections) > 0 || g.Items.Atts != 0 {
			b = g.Items.Append(b)
		}
	}
	if c.Unknown != "" {
		b = append(b, " ?"+c.Unknown...)
	}
	if c.Excess {
		b = append(b, " excess"...)
	}
	return string(b)
}

func TestNotify(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"NOTIFY NONE", "NONE"},
		{"notify set (selected NONE)", "SET (selected ())"},
		{"NOTIFY SET STATUS (personal (MessageNew MessageExpunge))", "SET STATUS (personal (MessageNew MessageExpunge))"},
		// RFC 5465 §6, where the case of words varies
		{"notify set (mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))",
			"SET (mailboxes [INBOX] (MessageNew MessageExpunge)) (personal (SubscriptionChange))"},
		{"notify set (selected (Messagenew (uid flags) messageExpunge)) (personal (MessageNew FlagChange MessageExpunge))",
			"SET (selected (MessageNew MessageExpunge))(UID FLAGS) (personal (MessageNew MessageExpunge FlagChange))"},
		{"NOTIFY SET (selected-delayed (MessageExpunge MessageNew (BODY.PEEK[HEADER.FIELDS (From To)]) FlagChange AnnotationChange))",
			"SET (selected-delayed (MessageNew MessageExpunge FlagChange AnnotationChange))(BODY.PEEK[HEADER.FIELDS (From To)])"},
		{"NOTIFY SET (subtree (a {1+}\r\nb \"c d\") (MailboxName MailboxMetadataChange ServerMetadataChange)) (inboxes NONE) (subscribed NONE)",
			"SET (subtree [a|b|c d] (MailboxName MailboxMetadataChange ServerMetadataChange)) (inboxes ()) (subscribed ())"},
		{"NOTIFY SET (mailboxes Entw&APw-rfe (MailboxName))", "SET (mailboxes [Entwürfe] (MailboxName))"},
		{"NOTIFY SET (mailboxes inbox (MailboxName))", "SET (mailboxes [INBOX] (MailboxName))"},
		{"NOTIFY SET (mailboxes * (MailboxName))", "!"}, // no atom; RFC 5465 §6.6 expands none in any case
		{"NOTIFY SET (mailboxes \"*\" (MailboxName))", "SET (mailboxes [*] (MailboxName))"},
		{"NOTIFY SET (personal (Vanish+x MailboxName))", "SET (personal (MailboxName)) ?Vanish+x"},
		{"NOTIFY SET (mailboxes (a b c) (MailboxName))", "SET (mailboxes [a|b] (MailboxName)) excess"},
		{"NOTIFY SET (personal NONE) (inboxes NONE) (personal NONE) (personal NONE)", "SET (personal ()) (inboxes ()) (personal ()) excess"},

		{"NOTIFY", "!"},
		{"NOTIFY SOME", "!"},
		{"NOTIFY NONE x", "!"},
		{"NOTIFY SET", "!"},
		{"NOTIFY SET STATUS", "!"},
		{"NOTIFY SET STATIS (personal NONE)", "!"},
		{"NOTIFY SET (personal)", "!"},
		{"NOTIFY SET (personal ())", "!"},
		{"NOTIFY SET (everything (MailboxName))", "!"},
		{"NOTIFY SET (personal SOME)", "!"},
		{"NOTIFY SET (personal NONE) x", "!"},
		{"NOTIFY SET (mailboxes (MailboxName))", "!"},
		{"NOTIFY SET (mailboxes () (MailboxName))", "!"},
		{"NOTIFY SET (mailboxes NONE)", "!"},
		{"NOTIFY SET (selected NONE) (selected-delayed NONE)", "!"},
		{"NOTIFY SET (selected (MailboxName))", "!"},
		{"NOTIFY SET (selected (MessageNew (UID) MessageExpunge MailboxName))", "!"},
		{"NOTIFY SET (personal (MessageNew))", "!"},
		{"NOTIFY SET (personal (MessageExpunge))", "!"},
		{"NOTIFY SET (personal (FlagChange))", "!"},
		{"NOTIFY SET (personal (AnnotationChange))", "!"},
		{"NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", "!"},
		{"NOTIFY SET (selected (MessageNew () MessageExpunge))", "!"},
		{"NOTIFY SET (selected (MessageNew (FAST) MessageExpunge))", "!"},
		{"NOTIFY SET (selected (MessageNew MessageExpunge)", "!"},
		// RFC 5465 §3.1's example, which its own grammar does not allow
		{"notify set status (selected MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge) (subtree Lists MessageNew)", "!"},
	} {
		got, _, err := parse("t "+c.in+"\r\n", Options{Limits: Limits{NotifyGroups: 3, NotifyMailboxes: limitFor(c.in)}})
		show := "!"
		if n, ok := got.(*Notify); ok && err == nil {
			show = showNotify(n)
		}
		var fault *wire.Error
		if err != nil && !(errors.As(err, &fault) && fault.Kind == wire.Syntax) {
			t.Errorf("%s: %v", c.in, err)
		}
		if show != c.want {
			t.Errorf("%s: %s (%v), want %s", c.in, show, err, c.want)
		}
	}
}

// limitFor gives the limit of names that a command is parsed with.
func limitFor(in string) int {
	if strings.Contains(in, "(a b c)") {
		return 2
	}
	return 0
}
