package imap

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Inbox is the name of the mailbox that every account has (RFC 9051 §5.1).
const Inbox = "INBOX"

// Delimiter is the hierarchy delimiter of mailbox names.
const Delimiter = '/'

// CanonMailbox gives a mailbox name with INBOX in upper case where the name, or
// its first part before the delimiter, is INBOX in any case: INBOX has one
// spelling, also above its children (RFC 9051 §5.1).
func CanonMailbox(name string, delim byte) string {
	if len(name) < len(Inbox) || !strings.EqualFold(name[:len(Inbox)], Inbox) {
		return name
	}
	if len(name) == len(Inbox) {
		return Inbox
	}
	if name[len(Inbox)] == delim {
		return Inbox + name[len(Inbox):]
	}
	return name
}

// NormalMailboxName gives a name in normal form C, as macOS clients, which send
// decomposed characters, need it to find what others made.
func NormalMailboxName(name string) string { return norm.NFC.String(name) }
