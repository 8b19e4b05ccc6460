package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// attrNoAccess is the attribute of a mailbox of which events were asked for and
// cannot be told for want of rights (RFC 5465 §3.1, §5.9).
const attrNoAccess = `\NoAccess`

// watchShared begins to watch the accounts of others who share something that the
// filter may be for.
func (s *session) watchShared(ctx context.Context, w *interest) error {
	owners, err := s.reached(ctx, w.filter)
	if err != nil {
		return err
	}
	if len(owners) > s.srv.limits.NotifyAccounts {
		return imap.No(imap.CodeNotificationOverflow, "Mailboxes of too many users are to be watched")
	}
	_, err = s.watchOwners(ctx, w, owners)
	return err
}

// watchOwners begins to watch the accounts of owners, where that is not done yet, and
// gives those.
func (s *session) watchOwners(ctx context.Context, w *interest, owners []namespace.Owner) (added []*watched, err error) {
	filter := *w.filter
	filter.personal = 0 // none of them is the user's own
	for _, o := range owners {
		if w.account(o.Account) != nil {
			continue
		}
		account, err := s.names.Open(ctx, o)
		if errors.Is(err, restante.ErrNotFound) {
			continue
		}
		if err != nil {
			return added, err
		}
		a := s.watchAccount(account, o, &filter)
		w.accounts, added = append(w.accounts, a), append(added, a)
		// It may be open here as it was before another node changed it. Events count from the
		// subscription on, so that none is missed.
		if err := account.RefreshSince(ctx, s.moment); err != nil && !errors.Is(err, restante.ErrNotFound) {
			return added, err
		}
	}
	return added, nil
}

// awaitSharers makes the session hear of users who begin to share something, if the
// filter is for mailboxes of others.
func (s *session) awaitSharers(w *interest) {
	if w.filter.subscribed == 0 && !w.filter.namesOthers() {
		return
	}
	w.unshare = s.srv.store.SubscribeDirectory(func() {
		w.sharers.Store(true)
		s.wake.wake()
	})
}

// meetSharers begins to watch the accounts of users who have begun to share something
// since the NOTIFY. Their mailboxes are then told of as new ones.
func (s *session) meetSharers(ctx context.Context, w *interest) error {
	if !w.sharers.Swap(false) {
		return nil
	}
	owners, err := s.reached(ctx, w.filter)
	if err != nil {
		return err
	}
	if len(owners) > s.srv.limits.NotifyAccounts {
		s.endInterest()
		s.untaggedOK(imap.CodeNotificationOverflow, "Mailboxes of too many users are to be watched")
		return nil
	}
	added, err := s.watchOwners(ctx, w, owners)
	for _, a := range added {
		a.told = a.account.State().Outline().Only(func(*mailstore.Mailbox) bool { return false })
		a.missed()
	}
	if len(added) > 0 {
		s.followSelected()
		s.beginMetadata(w)
	}
	return err
}

// namesOthers reports whether events of mailboxes that are not the user's own are
// asked for by name.
func (f *eventFilter) namesOthers() bool {
	for _, names := range [...]map[string]namedEvents{f.subtrees, f.mailboxes} {
		for name, n := range names {
			if n.events != 0 && namespace.Reserved(name) {
				return true
			}
		}
	}
	return false
}

// reached gives the owners of the mailboxes of others that a filter is for.
func (s *session) reached(ctx context.Context, f *eventFilter) ([]namespace.Owner, error) {
	var owners []namespace.Owner
	add := func(o namespace.Owner) {
		if o.Prefix != "" && !slices.ContainsFunc(owners, func(p namespace.Owner) bool { return p.Account == o.Account }) {
			owners = append(owners, o)
		}
	}
	every := f.subscribed != 0
	for _, names := range [...]map[string]namedEvents{f.subtrees, f.mailboxes} {
		for name, n := range names {
			if n.events == 0 || !namespace.Reserved(name) {
				continue
			}
			o, _, err := s.names.Find(ctx, name+"/INBOX") // of a user, if the name is all of one
			if err == nil {
				add(o)
			} else if !errors.Is(err, restante.ErrNotFound) {
				return nil, err
			}
			every = true // a level above some users, or all mailboxes of one
		}
	}
	if !every {
		return owners, nil
	}
	sharing, err := s.names.Owners(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range sharing {
		if f.reaches(o.Prefix) {
			add(o)
		}
	}
	return owners, nil
}

// reaches reports whether mailboxes whose names begin so may be meant.
func (f *eventFilter) reaches(prefix string) bool {
	if f.subscribed != 0 {
		return true
	}
	for name := range f.mailboxes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for name := range f.subtrees {
		if strings.HasPrefix(name+"/", prefix) || strings.HasPrefix(prefix, name+"/") {
			return true
		}
	}
	return false
}

// outline gives what the user may know of an account: of somebody else's the
// mailboxes that he may look up (RFC 5465 §3.1).
func (s *session) outline(ctx context.Context, a *watched, state *mailstore.State) *mailstore.Outline {
	o := state.Outline()
	if !a.shared() {
		return o
	}
	return o.Only(func(mb *mailstore.Mailbox) bool {
		if mb.NoSelect {
			return false
		}
		at := a.place(mb)
		return s.mayWatch(ctx, &at, 0)
	})
}

// tellRefused tells of the mailboxes that are named, and that the user can look up
// and not read (RFC 5465 §3.1).
func (s *session) tellRefused(ctx context.Context, a *watched) {
	if !a.shared() && !a.account.State().HasACLs() {
		return
	}
	for _, mb := range a.told.Mailboxes() {
		at := a.place(mb)
		if _, named := a.filter.mailboxes[at.name]; !named || a.events(mb.Name, a.told) == 0 || s.mayWatch(ctx, &at, mailstore.RightRead) {
			continue
		}
		r := s.nameResponse("LIST")
		r.attr(attrNoAccess)
		r.name(listEntry{name: at.name, mailbox: mb, shared: &at, children: a.told.HasChildren(mb.Name)})
		s.enc.CRLF()
	}
}

// refuse notes whether the client was told that it has no access to a mailbox.
func (a *watched) refuse(name string, refused bool) {
	switch {
	case !refused:
		delete(a.refused, name)
	case a.refused == nil:
		a.refused = map[string]bool{name: true}
	default:
		a.refused[name] = true
	}
}
