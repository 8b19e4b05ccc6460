package server

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// tellAccounts tells the client what has changed in the mailboxes that it watches,
// but for the selected one.
func (s *session) tellAccounts(ctx context.Context) error {
	w := s.interest
	if w == nil {
		return nil
	}
	if w.later {
		w.later = false
		if w.sharers.Load() || slices.ContainsFunc(w.accounts, (*watched).due) {
			s.wake.wake()
		}
		return nil
	}
	if err := s.meetSharers(ctx, w); err != nil || s.interest != w {
		return err
	}
	for _, a := range w.accounts {
		if err := a.account.RefreshSince(ctx, s.moment); err != nil {
			if a.shared() {
				continue // its owner is gone, or it is told another time
			}
			return err
		}
		mailboxes, all := a.take()
		if !all && len(mailboxes) == 0 {
			continue
		}
		// Taken before the state is read: what is noted is in the state already.
		s.tellState(ctx, a, a.account.State(), mailboxes, all)
		if err := s.enc.Err(); err != nil {
			return err
		}
		if s.interest != w {
			return nil // it was too much
		}
	}
	return nil
}

// tellState tells how an account has come from what was told to now: the mailboxes
// given, or everything.
func (s *session) tellState(ctx context.Context, a *watched, now *mailstore.State, mailboxes []restante.MailboxID, all bool) {
	// A state may be seen before the event of its change of names: what is told of a
	// mailbox by another name than the client knows comes behind that name.
	renamed := func(id restante.MailboxID) bool {
		was, is := a.known(id), now.Mailbox(id)
		return was != nil && is != nil && was.Name != is.Name
	}
	if !all && !slices.ContainsFunc(mailboxes, renamed) {
		for _, id := range mailboxes {
			// What comes, goes or may be seen from now on goes with a change of names.
			if mb := now.Mailbox(id); mb != nil && a.told.Mailbox(id) != nil {
				s.tellCounts(ctx, a, mb, nil, false)
				a.learned(mb)
			}
		}
		return
	}
	next := s.outline(ctx, a, now)
	if s.overflows(next) {
		s.endInterest()
		s.untaggedOK(imap.CodeNotificationOverflow, "There are too many mailboxes to be watched")
		return
	}
	fresh := s.tellNames(ctx, a, next)
	told := a.told.Mailboxes()
	each := a.shared() || len(a.since) > 0 || a.filter.subscribed != 0 && len(next.SubscriptionChanges(a.told)) > 0
	for i, mb := range next.Mailboxes() {
		if each || i >= len(told) || told[i] != mb {
			s.tellCounts(ctx, a, mb, next, fresh[mb.ID])
		}
	}
	a.told, a.since = next, nil
}

// overflows reports whether an account has more mailboxes that are watched than
// the limit allows (RFC 5465 §5.8).
func (s *session) overflows(o *mailstore.Outline) bool {
	limit := s.srv.limits.NotifyMailboxes
	if len(o.Mailboxes()) <= limit {
		return false
	}
	n := 0
	for _, mb := range o.Mailboxes() {
		if s.interest.filter.events(mb.Name, o) != 0 {
			n++
		}
	}
	return n > limit
}

// mayWatch reports whether the user may be told of a mailbox: that there is one, or
// with a further right more of it (RFC 5465 §5).
func (s *session) mayWatch(ctx context.Context, at *place, need mailstore.Rights) bool {
	r, err := s.rights(ctx, at)
	return err == nil && r.Has(mailstore.RightLookup|need)
}

// tellCounts writes the STATUS response of a mailbox if an event that is watched
// happened in it since it was last told of (RFC 5465 §5.1 to §5.3). next is what
// is told of the names, if that changes, and fresh that the client takes the mailbox
// for a new one.
func (s *session) tellCounts(ctx context.Context, a *watched, mb *mailstore.Mailbox, next *mailstore.Outline, fresh bool) {
	was := a.known(mb.ID)
	if mb.NoSelect || uint64(mb.ID) == a.selected.Load() {
		return
	}
	events := a.events(mb.Name, next) & imap.NotifyMessageEvents
	fresh = fresh && was != nil
	newly := was != nil && next != nil && a.events(was.Name, a.told)&imap.NotifyMessageEvents == 0
	mine := events.Has(imap.NotifyFlagChange) && s.seenChanged(ctx, a, mb.ID)
	if was == mb && !newly && !fresh && !mine {
		return
	}
	at := a.place(mb)
	if events == 0 || !s.mayWatch(ctx, &at, mailstore.RightRead) {
		return
	}
	var tell bool
	items := s.statusItems(events)
	switch {
	case was == nil:
		// A new one is told with what is in it, and where UIDs mean something else
		// than they did for this name.
		tell = s.interest.status || mb.Messages > 0 || a.told.Named(mb.Name) != nil
	case fresh:
		tell = true
	case newly:
		tell = s.interest.status // it has become one of those that are watched (RFC 5465 §6.4)
	case was.Name != mb.Name && !a.events(mb.Name, next).Has(imap.NotifyMailboxName):
		tell = s.interest.status || mb.Messages > 0 // what is known is known by another name
	default:
		seen := mine || was.Unseen != mb.Unseen
		if !seen {
			items &^= imap.StatusUnseen
		}
		tell = was.UIDNext != mb.UIDNext || was.Messages != mb.Messages || mine ||
			was.HighestModSeq != mb.HighestModSeq && (events.Has(imap.NotifyFlagChange) && seen && !a.shared() ||
				s.enabled.has(featureCondStore) && (events.Has(imap.NotifyFlagChange) ||
					events.Has(imap.NotifyAnnotationChange) && was.AnnotationModSeq != mb.AnnotationModSeq))
	}
	if tell {
		s.writeStatus(ctx, &at, items)
	}
}

// statusItems gives what a STATUS response tells for message events. It has
// UIDVALIDITY always, so that a change of it is told (RFC 5465 §5.1).
func (s *session) statusItems(e imap.NotifyEvents) imap.StatusItems {
	items := imap.StatusMessages | imap.StatusUIDNext | imap.StatusUIDValidity
	if e.Has(imap.NotifyFlagChange) {
		items |= imap.StatusUnseen
	}
	if s.enabled.has(featureCondStore) {
		items |= imap.StatusHighestModSeq
	}
	return items
}
