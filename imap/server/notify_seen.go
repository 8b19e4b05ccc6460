package server

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
)

// seenChanged reports whether the user has changed, since the last call, what he has
// seen of a mailbox of somebody else. That is an event for him alone (RFC 4314 §4),
// as that of the owner is for the owner. Where it is not known what was before, the
// answer is false.
func (s *session) seenChanged(ctx context.Context, a *watched, id restante.MailboxID) bool {
	if !a.shared() {
		return false
	}
	now, err := a.account.SeenModSeq(ctx, id)
	if err != nil {
		return false
	}
	if a.seenAt == nil {
		a.seenAt = make(map[restante.MailboxID]restante.ModSeq)
	}
	was, known := a.seenAt[id]
	a.seenAt[id] = now
	return known && was != now
}

// noteSeen notes what the user has seen when he begins to watch an account.
func (s *session) noteSeen(ctx context.Context, a *watched) {
	if !a.shared() || !a.filter.any(imap.NotifyFlagChange) {
		return
	}
	for _, mb := range a.told.Mailboxes() {
		if a.events(mb.Name, a.told).Has(imap.NotifyFlagChange) {
			s.seenChanged(ctx, a, mb.ID)
		}
	}
}

// sameForGuest reports whether a message of somebody else's mailbox has the flags, for
// the user, that it had: what the owner has seen changes its modification sequence
// alone (RFC 4314 §4).
func (sel *selected) sameForGuest(c view.Change) bool {
	if sel.owner.Prefix == "" {
		return false
	}
	table := sel.view.Shown().Flags()
	was, is := table.Set(c.Old), table.Set(c.New.FlagSet)
	return was != nil && is != nil && was.System == is.System && slices.Equal(was.Keywords, is.Keywords)
}
