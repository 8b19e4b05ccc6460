package server

import (
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// This file and gmail_*.go are X-GM-EXT-1, Gmail's dialect (Gmail IMAP extensions,
// https://developers.google.com/workspace/gmail/imap/imap-extensions). Labels are
// mailboxes: a message has those of the other mailboxes that hold its content.

// gmailNumberBits is how many of an X-GM-MSGID's bits are the number of the content
// or thread in its account. The others, but for the highest, which programs take for
// a sign, are the account's.
const gmailNumberBits = 40

// gmailID gives the number by which clients know a content or a thread of an account:
// the same for as long as it is there, in all mailboxes.
func gmailID(account restante.AccountID, number uint64) uint64 {
	const accountMask = 1<<(63-gmailNumberBits) - 1
	return uint64(account)&accountMask<<gmailNumberBits | number&(1<<gmailNumberBits-1)
}

// gmailNumber is gmailID backwards. A number of another account names nothing.
func gmailNumber(account restante.AccountID, id uint64) (number uint64, ok bool) {
	number = id & (1<<gmailNumberBits - 1)
	return number, gmailID(account, number) == id && number > 0
}

// gmailItems writes X-GM-THRID, X-GM-MSGID and X-GM-LABELS.
func (f *fetcher) gmailItems(dst []byte, p *mailstore.Page, i int) []byte {
	account := f.s.selected.account.ID()
	if f.items.Atts.Has(imap.FetchGmailThrID) {
		dst = append(dst, "X-GM-THRID "...)
		dst = append(strconv.AppendUint(dst, gmailID(account, uint64(p.ThreadID(i))), 10), ' ')
	}
	if f.items.Atts.Has(imap.FetchGmailMsgID) {
		dst = append(dst, "X-GM-MSGID "...)
		dst = append(strconv.AppendUint(dst, gmailID(account, uint64(p.EmailID(i))), 10), ' ')
	}
	if f.items.Atts.Has(imap.FetchGmailLabels) {
		dst = append(dst, "X-GM-LABELS ("...)
		dst = f.labels.append(dst, p.EmailID(i), f.flags.of(p.FlagSet(i)))
		dst = append(dst, ") "...)
	}
	return dst
}
