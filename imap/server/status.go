package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// status handles STATUS (RFC 9051 §6.3.11). On the selected mailbox it is
// answered too, from the same counts.
func (s *session) status(ctx context.Context, c command.Status) (imap.StatusResponse, error) {
	at, err := s.place(ctx, c.Mailbox, mailstore.RightRead)
	if err != nil {
		return done, err
	}
	if at.mailbox.NoSelect {
		return done, errNoMailbox()
	}
	if c.Items.Has(imap.StatusHighestModSeq) {
		s.enableCondStore() // RFC 7162 §3.1
	}
	if c.Items.Has(imap.StatusObjectID) {
		s.enableObjectID()
	}
	s.writeStatus(ctx, &at, c.Items)
	return done, nil
}

// writeStatus writes a STATUS response (RFC 9051 §7.3.3).
func (s *session) writeStatus(ctx context.Context, at *place, items imap.StatusItems) {
	m := at.mailbox
	if at.account != s.account && items&(imap.StatusUnseen|imap.StatusHighestModSeq) != 0 {
		// Of others' mailboxes these are the user's own.
		if snap, err := at.account.Snapshot(ctx, m.ID); err == nil {
			m = snap.Mailbox()
		}
	}
	s.enc.Untagged().Raw("STATUS ").Mailbox(at.name)
	sep := " ("
	number := func(item imap.StatusItems, n uint64) {
		if items.Has(item) {
			s.enc.Raw(sep).Raw(item.Name()).SP().Number64(n)
			sep = " "
		}
	}
	number(imap.StatusMessages, uint64(m.Messages))
	if items.Has(imap.StatusRecent) {
		number(imap.StatusRecent, uint64(s.recent(ctx, at)))
	}
	number(imap.StatusUIDNext, uint64(m.UIDNext))
	number(imap.StatusUIDValidity, uint64(m.UIDValidity))
	number(imap.StatusUnseen, uint64(m.Unseen))
	number(imap.StatusDeleted, uint64(m.Deleted))
	number(imap.StatusDeletedStorage, m.DeletedSize)
	number(imap.StatusSize, m.Size)
	number(imap.StatusHighestModSeq, uint64(m.HighestModSeq))
	if items.Has(imap.StatusMailboxID) {
		s.enc.Raw(sep).Raw("MAILBOXID (").Raw(mailboxID(at.account, m.ID)).Raw(")")
		sep = " "
	}
	if items.Has(imap.StatusObjectID) {
		s.enc.Raw(sep).Raw("OBJECTID ").Raw(mailboxObject(at.account, m.ID))
		sep = " "
	}
	number(imap.StatusAppendLimit, uint64(s.appendLimit(m)))
	s.enc.Raw(")").CRLF()
}

// recent counts the messages that no session was told of yet (RFC 3501
// §6.3.10); of the selected mailbox those that this session was told of first.
// Messages are opened for it only where there are some.
func (s *session) recent(ctx context.Context, at *place) int {
	m := at.mailbox
	if s.selected.is(at) {
		return s.selected.view.RecentCount()
	}
	from := at.account.Unclaimed(m.ID)
	if from >= m.UIDNext {
		return 0
	}
	snap, err := at.account.Snapshot(ctx, m.ID)
	if err != nil {
		return 0 // deleted at this moment, or unreadable, as SELECT will say
	}
	return snap.Len() - snap.Below(from)
}
