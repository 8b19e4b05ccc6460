package server

import (
	"context"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// nameNotice is a mailbox name of which something is to be told.
type nameNotice struct {
	mailstore.NameChange
	events  imap.NotifyEvents // what happened to it
	fresh   bool              // it is the name of a mailbox that it was not the name of
	refused bool              // the mailbox is there, and the user may not see it any more
}

// tellNames tells what became of the names and the subscriptions (RFC 5465 §5.4,
// §5.5): one LIST response for each name that is affected and watched.
//
// It gives the mailboxes that were told as if they were new, so that the client
// knows nothing of what is in them.
func (s *session) tellNames(ctx context.Context, a *watched, next *mailstore.Outline) (fresh map[restante.MailboxID]bool) {
	if !a.shared() && !a.filter.any(imap.NotifyMailboxName|imap.NotifySubscriptionChange) {
		return nil
	}
	for _, n := range nameNotices(a.told, next) {
		if n.Mailbox != nil && n.fresh {
			if fresh == nil {
				fresh = make(map[restante.MailboxID]bool)
			}
			fresh[n.Mailbox.ID] = true
		}
		watched := a.events(n.Name, next) | a.events(n.Name, a.told)
		if n.OldName != "" {
			watched |= a.events(n.OldName, a.told)
		}
		// Rights that were withdrawn are told whatever is watched (RFC 5465 §5.9).
		n.refused = a.shared() && n.Lost && a.account.State().MailboxByName(n.Name) != nil
		access := watched != 0 && (n.refused || a.refused[n.Name])
		if (watched.Any(n.events) || access) && s.mayList(ctx, a, n.Mailbox) {
			a.refuse(n.Name, n.refused)
			s.writeNotice(ctx, a, n, next)
		}
	}
	return fresh
}

// mayList reports whether the client may be told of a mailbox; nil is none any
// more.
func (s *session) mayList(ctx context.Context, a *watched, mb *mailstore.Mailbox) bool {
	if mb == nil {
		return true
	}
	at := a.place(mb)
	return s.mayWatch(ctx, &at, 0)
}

// nameNotices gives what is to be told of names, each of those that came or went
// with the one above it (RFC 5465 §5.4). A name whose subscription changed too is
// told once.
func nameNotices(told, next *mailstore.Outline) []nameNotice {
	var list []nameNotice
	last := make(map[string]int) // where the last notice of a name stands
	add := func(n nameNotice) {
		last[n.Name] = len(list)
		list = append(list, n)
	}
	for _, c := range next.NameChanges(told) {
		add(nameNotice{NameChange: c, events: imap.NotifyMailboxName, fresh: c.OldName == "" && !c.Lost})
	}
	// A notice that is not about the name itself tells how it is now.
	also := func(name string, e imap.NotifyEvents) {
		if i, there := last[name]; there {
			list[i].events |= e
			return
		}
		add(nameNotice{NameChange: mailstore.NameChange{Name: name, Mailbox: next.Named(name)}, events: e})
	}
	for _, n := range list {
		if i := strings.LastIndexByte(n.Name, '/'); i > 0 && n.OldName == "" {
			also(n.Name[:i], imap.NotifyMailboxName)
		}
	}
	for _, name := range next.SubscriptionChanges(told) {
		also(name, imap.NotifySubscriptionChange)
	}
	return list
}

// writeNotice writes an unsolicited LIST response. A name that is no mailbox that
// can be used is told to be \NonExistent (RFC 5465 §5.4), also where it is still a
// level of the hierarchy.
func (s *session) writeNotice(ctx context.Context, a *watched, n nameNotice, next *mailstore.Outline) {
	e := listEntry{name: a.owner.Prefix + n.Name, mailbox: n.Mailbox, children: next.HasChildren(n.Name)}
	subscribed := next.Subscribed(n.Name)
	switch {
	case a.shared():
		subscribed = s.account.State().Subscribed(e.name)
	case n.Mailbox == nil && namespace.Reserved(n.Name):
		// A subscription of the user's own to somebody else's mailbox.
		if at, err := s.place(ctx, n.Name, mailstore.RightLookup); err == nil {
			e.mailbox, e.shared = at.mailbox, &at
		}
	}
	r := s.nameResponse("LIST")
	if subscribed {
		r.attr(imap.AttrSubscribed)
	}
	if e.mailbox != nil && e.mailbox.NoSelect {
		r.attr(imap.AttrNonExistent)
	}
	r.existence(e)
	if n.refused {
		r.attr(attrNoAccess)
	}
	r.name(e)
	if n.OldName != "" {
		s.enc.Raw(` ("OLDNAME" (`).Mailbox(a.owner.Prefix + n.OldName).Raw("))")
	}
	s.enc.CRLF()
}
