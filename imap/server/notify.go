package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// notifyEvents are the events that a client can be notified of (RFC 5465 §5).
const notifyEvents = imap.NotifyMessageEvents | imap.NotifyMailboxName | imap.NotifySubscriptionChange |
	imap.NotifyMailboxMetadataChange | imap.NotifyServerMetadataChange

// notify handles NOTIFY (RFC 5465 §3.1). A command that is refused leaves things as
// they are.
func (s *session) notify(ctx context.Context, c *command.Notify) (imap.StatusResponse, error) {
	if !c.Set {
		s.endInterest()
		return done, nil
	}
	var events imap.NotifyEvents
	for i := range c.Groups {
		events |= c.Groups[i].Events
	}
	switch {
	case c.Unknown != "" || events.Any(^notifyEvents):
		return done, imap.No(imap.CodeBadEvent(notifyEvents), "There is no such event here")
	case c.Excess:
		return done, imap.No(imap.CodeNotificationOverflow, "There are too many groups of events, or mailboxes in them")
	}
	if err := s.account.RefreshSince(ctx, s.moment); err != nil {
		return done, err
	}
	w := newInterest(s.account, c)
	previous := s.interest
	s.interest = w
	if s.overflows(s.account.State().Outline()) {
		s.interest = previous
		return done, imap.No(imap.CodeNotificationOverflow, "There are too many mailboxes to be watched")
	}
	if err := s.beginWatch(ctx, w); err != nil {
		w.stop()
		s.interest = previous
		s.followSelected()
		return done, err
	}
	s.beginMetadata(previous)
	previous.stop()
	for _, a := range w.accounts {
		a.told = s.outline(ctx, a, a.account.State())
		s.tellRefused(ctx, a)
		s.noteSeen(ctx, a)
	}
	if c.Status {
		for _, a := range w.accounts {
			s.tellStatus(ctx, a)
		}
	}
	s.followSelected()
	return done, nil
}

// beginWatch subscribes to the accounts that a NOTIFY is for, and tells what has
// gathered in the selected mailbox.
func (s *session) beginWatch(ctx context.Context, w *interest) error {
	if w.filter.all != 0 {
		w.accounts = append(w.accounts, s.watchAccount(s.account, s.names.Self(), w.filter))
		s.awaitSharers(w)
		if err := s.watchShared(ctx, w); err != nil {
			return err
		}
	}
	return s.catchUp(ctx)
}

// newInterest makes what a NOTIFY SET asks for.
func newInterest(user *mailstore.Account, c *command.Notify) *interest {
	w := &interest{filter: newEventFilter(user, c.Groups), status: c.Status}
	for _, g := range c.Groups {
		if g.Filter.IsSelected() {
			w.selected = g
		}
	}
	return w
}

// endInterest is NOTIFY NONE: the client hears of nothing that others do.
func (s *session) endInterest() {
	s.interest.stop()
	s.interest = &interest{filter: newEventFilter(s.account, nil)}
	s.followSelected()
}

// catchUp tells everything that has gathered in the selected mailbox, as NOTIFY SET
// has to do at once (RFC 5465 §3.1), also what was not to be told before or is not
// to be told from now on.
func (s *session) catchUp(ctx context.Context) error {
	s.enableFor(&s.interest.selected.Items)
	if s.selected == nil {
		return nil
	}
	s.selected.view.Thaw()
	s.selected.view.Mute(false)
	s.interest.everything = true
	defer func() { s.interest.everything = false }()
	return s.sync(ctx, true, true)
}

// tellStatus writes the STATUS responses that NOTIFY SET STATUS asks for, of the
// mailboxes whose messages are watched (RFC 5465 §3.1).
func (s *session) tellStatus(ctx context.Context, a *watched) {
	for _, mb := range a.told.Mailboxes() {
		events := a.events(mb.Name, a.told) & imap.NotifyMessageEvents
		at := a.place(mb)
		if events == 0 || mb.NoSelect || s.selected.is(&at) || !s.mayWatch(ctx, &at, mailstore.RightRead) {
			continue
		}
		items := s.statusItems(events)
		if events.Any(imap.NotifyFlagChange | imap.NotifyAnnotationChange) {
			items |= imap.StatusHighestModSeq // whether the client knows of CONDSTORE or not
		}
		s.writeStatus(ctx, &at, items)
	}
}
