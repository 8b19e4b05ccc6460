package mailstore

import (
	"slices"
	"sort"
	"strings"

	"github.com/restante/restante"
)

// Outline is what an account's mailboxes and subscriptions were at one moment,
// without their messages: what somebody who was told of them keeps, so that it
// can be found out later what has changed. It is immutable, and shared by all who
// asked the same State for it.
type Outline struct {
	mailboxes     []*Mailbox // as in State
	index         map[restante.MailboxID]int
	subscriptions []string
}

// Outline gives the outline of the state. It holds none of the pages that the
// state holds.
func (s *State) Outline() *Outline {
	if o := s.outline.Load(); o != nil {
		return o
	}
	o := &Outline{mailboxes: s.Mailboxes(), index: s.index, subscriptions: s.subscriptions}
	s.outline.Store(o)
	return o
}

// Only gives an outline of those mailboxes alone for which keep says so, without
// subscriptions: what somebody else is told of the account.
func (o *Outline) Only(keep func(*Mailbox) bool) *Outline {
	part := &Outline{index: make(map[restante.MailboxID]int)}
	for _, mb := range o.mailboxes {
		if keep(mb) {
			part.index[mb.ID] = len(part.mailboxes)
			part.mailboxes = append(part.mailboxes, mb)
		}
	}
	return part
}

// Except gives the outline without the mailboxes for which drop says so, with the
// subscriptions.
func (o *Outline) Except(drop func(*Mailbox) bool) *Outline {
	part := o.Only(func(mb *Mailbox) bool { return !drop(mb) })
	part.subscriptions = o.subscriptions
	return part
}

// Mailbox answers the mailbox of an ID, nil if there was none.
func (o *Outline) Mailbox(id restante.MailboxID) *Mailbox {
	if i, ok := o.index[id]; ok {
		return o.mailboxes[i]
	}
	return nil
}

// Named answers the mailbox of a normal name, nil if there was none.
func (o *Outline) Named(name string) *Mailbox {
	list := o.mailboxes
	if len(list) > 0 && list[0].Name == inbox {
		if name == inbox {
			return list[0]
		}
		list = list[1:]
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].Name >= name })
	if i == len(list) || list[i].Name != name {
		return nil
	}
	return list[i]
}

// HasChildren reports whether there were mailboxes below a name.
func (o *Outline) HasChildren(name string) bool {
	prefix := name + separator
	i := sort.Search(len(o.mailboxes), func(i int) bool {
		return o.mailboxes[i].Name >= prefix && o.mailboxes[i].Name != inbox
	})
	return i < len(o.mailboxes) && strings.HasPrefix(o.mailboxes[i].Name, prefix)
}

// Mailboxes are all mailboxes in the order of State; not to be changed.
func (o *Outline) Mailboxes() []*Mailbox { return o.mailboxes }

// Subscribed reports whether a normal name was subscribed.
func (o *Outline) Subscribed(name string) bool {
	_, ok := slices.BinarySearch(o.subscriptions, name)
	return ok
}

// SubscriptionChanges gives the names that are subscribed in one outline and not
// in the other, in byte order.
func (o *Outline) SubscriptionChanges(since *Outline) []string {
	a, b := since.subscriptions, o.subscriptions
	if len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) {
		return nil
	}
	var names []string
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			names, a = append(names, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			names, b = append(names, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return names
}
