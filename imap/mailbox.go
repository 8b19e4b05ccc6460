package imap

import (
	"strings"
	"unicode/utf8"

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

// CheckMailboxName says what is wrong with a mailbox name in UTF-8, in words for
// the client, or gives the empty string. Names are Net-Unicode (RFC 9051 §5.1,
// RFC 5198): UTF-8 in normal form C without control characters, U+2028 and
// U+2029, and not beginning with a byte order mark.
func CheckMailboxName(name string) string {
	switch {
	case name == "":
		return "mailbox name is empty"
	case !utf8.ValidString(name):
		return "mailbox name is not UTF-8"
	}
	ascii := true
	for _, r := range name {
		switch {
		case r < 0x20, r >= 0x7f && r < 0xa0:
			return "mailbox name has a control character"
		case r == 0x2028, r == 0x2029:
			return "mailbox name has a line separator"
		case r >= 0x80:
			ascii = false
		}
	}
	if strings.HasPrefix(name, "\ufeff") {
		return "mailbox name begins with a byte order mark"
	}
	if !ascii && !norm.NFC.IsNormalString(name) {
		return "mailbox name is not in Unicode normal form C"
	}
	return ""
}

// NormalMailboxName gives a name in normal form C, as macOS clients, which send
// decomposed characters, need it to find what others made.
func NormalMailboxName(name string) string { return norm.NFC.String(name) }
