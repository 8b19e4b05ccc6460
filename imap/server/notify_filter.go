package server

import (
	"slices"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// eventFilter says of which mailboxes which events are told (RFC 5465 §6). It is
// immutable. To ask it costs what the name has levels, however many names it has.
//
// The events of all groups that a mailbox is in add up (RFC 5465 §6). NONE for
// named mailboxes takes them out of what less exact filters add: of the mailboxes
// of a subtree out of PERSONAL, INBOXES and SUBSCRIBED, and of single ones out of
// subtrees too.
type eventFilter struct {
	user       *mailstore.Account // whose subscriptions they are
	personal   imap.NotifyEvents  // of PERSONAL and INBOXES
	subscribed imap.NotifyEvents
	subtrees   map[string]namedEvents
	mailboxes  map[string]namedEvents
	all        imap.NotifyEvents // of any mailbox
}

// namedEvents are the events of mailboxes that were named.
type namedEvents struct {
	events imap.NotifyEvents
	none   bool // NONE was said of them
}

// newEventFilter makes the filter of the groups; those for the selected mailbox
// are left out. Any mailbox can be delivered to, by an address with a detail, so
// that INBOXES is what PERSONAL is.
func newEventFilter(user *mailstore.Account, groups []imap.NotifyGroup) *eventFilter {
	f := &eventFilter{user: user, subtrees: make(map[string]namedEvents), mailboxes: make(map[string]namedEvents)}
	for i := range groups {
		g := &groups[i]
		if g.Filter.IsSelected() {
			continue
		}
		f.all |= g.Events
		switch g.Filter {
		case imap.NotifySubscribed:
			f.subscribed |= g.Events
		case imap.NotifySubtree:
			addNamed(f.subtrees, g)
		case imap.NotifyMailboxes:
			addNamed(f.mailboxes, g)
		default:
			f.personal |= g.Events
		}
	}
	return f
}

func addNamed(names map[string]namedEvents, g *imap.NotifyGroup) {
	for _, name := range g.Mailboxes {
		name = imap.NormalMailboxName(strings.TrimSuffix(name, "/"))
		n := names[name]
		n.events |= g.Events
		n.none = n.none || g.Events == 0
		names[name] = n
	}
}

// any reports whether some of the events are told of some mailbox.
func (f *eventFilter) any(e imap.NotifyEvents) bool { return f.all.Any(e) }

// events gives what is told of the mailbox of a name, in normal form, as the
// client knows it. The subscriptions are those at known, or those of now for nil.
func (f *eventFilter) events(name string, known *mailstore.Outline) imap.NotifyEvents {
	own := f.mailboxes[name]
	e := own.events
	if own.none {
		return e
	}
	none := false
	if len(f.subtrees) > 0 {
		above := func(name string) {
			n := f.subtrees[name]
			e |= n.events
			none = none || n.none
		}
		above(name)
		for superior := range namespace.Superiors(name) {
			above(superior)
		}
	}
	if none {
		return e
	}
	e |= f.personal
	if f.subscribed&^e != 0 && f.isSubscribed(name, known) {
		e |= f.subscribed
	}
	return e
}

func (f *eventFilter) isSubscribed(name string, known *mailstore.Outline) bool {
	if known != nil {
		return known.Subscribed(name)
	}
	_, ok := slices.BinarySearch(f.user.State().Subscriptions(), name)
	return ok
}
