package server

import (
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// listEntry is one name that LIST or LSUB answers.
type listEntry struct {
	name       string
	mailbox    *mailstore.Mailbox // nil where no mailbox has the name
	subscribed bool
	selected   bool   // it meets the selection options itself
	childInfo  bool   // an inferior of it does (RFC 9051 §6.3.9.6)
	children   bool   // there are inferior mailboxes
	level      bool   // it is no name of a mailbox, and no pattern but one that ends in % names it
	shared     *place // where it is not the user's own
}

// uses are the special uses that the user is told: those of others' mailboxes are
// not his.
func (e *listEntry) uses() []string {
	if e.mailbox == nil || e.shared != nil {
		return nil
	}
	return e.mailbox.SpecialUse
}

// listing computes LIST from one state of the accounts.
type listing struct {
	catalog  *catalog
	patterns patterns
	options  imap.ListOptions
}

// each calls f with the names to answer, sorted, INBOX first (RFC 9051 §6.3.9.3).
func (l *listing) each(f func(listEntry)) {
	var above map[string]ancestor
	if l.options.Select.Has(imap.ListSelectRecursiveMatch) {
		above = l.ancestors()
	}
	for _, e := range l.candidates(above) {
		if e.level && !l.patterns.matchLevel(e.name) || !l.patterns.match(e.name) {
			continue
		}
		a, isAbove := above[e.name]
		// A name that does not meet the options itself is answered only for
		// inferiors that are not answered themselves (RFC 9051 §6.3.9.3 2B).
		if !e.selected && !(isAbove && a.hidden) {
			continue
		}
		e.childInfo = isAbove
		e.children = l.catalog.hasChildren(e.name)
		f(e)
	}
}

// candidates gives the names that could be answered, whatever the pattern, sorted.
func (l *listing) candidates(above map[string]ancestor) []listEntry {
	entries := l.gather(above)
	if len(entries) > l.catalog.own.Usage().Mailboxes {
		slices.SortFunc(entries, func(a, b listEntry) int { return mailstore.CompareNames(a.name, b.name) })
	}
	return entries
}

// gather gives the user's own mailboxes, sorted, and then all other names.
func (l *listing) gather(above map[string]ancestor) []listEntry {
	mailboxes := l.catalog.own.Mailboxes()
	entries := make([]listEntry, 0, len(mailboxes)+len(l.catalog.shared)+len(l.catalog.levels))
	subscribed := l.subscriptions()
	for _, m := range mailboxes {
		_, sub := subscribed[m.Name]
		e := listEntry{name: m.Name, mailbox: m, subscribed: sub}
		e.selected = l.meets(e)
		entries = append(entries, e)
	}
	entries = l.addShared(entries, subscribed)
	if !l.options.Select.Has(imap.ListSelectSubscribed) {
		return entries
	}
	for name := range subscribed {
		if l.catalog.has(name) {
			continue
		}
		e := listEntry{name: name, subscribed: true}
		e.selected = l.meets(e)
		entries = append(entries, e)
	}
	for name := range above {
		if _, sub := subscribed[name]; !sub && !l.catalog.has(name) {
			entries = append(entries, listEntry{name: name})
		}
	}
	return entries
}

// addShared adds the mailboxes of others, and the levels above them that are no
// mailboxes the user may look up, which patterns that end in % may name (RFC 9051
// §6.3.9).
func (l *listing) addShared(entries []listEntry, subscribed map[string]struct{}) []listEntry {
	for i := range l.catalog.shared {
		p := &l.catalog.shared[i]
		_, sub := subscribed[p.name]
		e := listEntry{name: p.name, mailbox: p.mailbox, shared: p, subscribed: sub}
		e.selected = l.meets(e)
		entries = append(entries, e)
	}
	if l.options.Select&^imap.ListSelectRemote != 0 {
		return entries // no level meets a selection option
	}
	for name := range l.catalog.levels {
		if !l.catalog.has(name) {
			entries = append(entries, listEntry{name: name, level: true, selected: true})
		}
	}
	return entries
}

// subscriptions gives the subscribed names as a set, if the options ask for them.
func (l *listing) subscriptions() map[string]struct{} {
	if !l.options.Select.Has(imap.ListSelectSubscribed) && !l.options.Return.Has(imap.ListReturnSubscribed) {
		return nil
	}
	names := l.catalog.own.Subscriptions()
	set := make(map[string]struct{}, len(names))
	for _, n := range names {
		set[n] = struct{}{}
	}
	return set
}

// meets reports whether a name meets the selection options, which add up (RFC
// 9051 §6.3.9.1). There are no remote mailboxes, so REMOTE adds none.
func (l *listing) meets(e listEntry) bool {
	if l.options.Select.Has(imap.ListSelectSubscribed) && !e.subscribed {
		return false
	}
	if l.options.Select.Has(imap.ListSelectSpecialUse) && len(e.uses()) == 0 {
		return false
	}
	return true
}

// ancestor is a name with inferiors that meet the selection options.
type ancestor struct {
	hidden bool // some of them do not match the pattern
}

// ancestors gives the names that RECURSIVEMATCH may add.
func (l *listing) ancestors() map[string]ancestor {
	above := make(map[string]ancestor)
	for _, e := range l.candidates(nil) {
		if !e.selected {
			continue
		}
		hidden := !l.patterns.match(e.name)
		for name := range namespace.Superiors(e.name) {
			above[name] = ancestor{hidden: above[name].hidden || hidden}
		}
	}
	return above
}

// subscribedListing gives what LSUB answers (RFC 3501 §6.3.9): the subscribed
// names that match, and where the pattern has a %, the levels above subscribed
// names that match without being subscribed.
func subscribedListing(c *catalog, match func(string) bool, levels bool) []listEntry {
	names := c.own.Subscriptions()
	entries := make(map[string]listEntry, len(names))
	for _, name := range names {
		if match(name) {
			e := c.entry(name)
			e.subscribed, e.selected = true, true
			entries[name] = e
			continue
		}
		if !levels {
			continue
		}
		for above := range namespace.Superiors(name) {
			if _, there := entries[above]; !there && match(above) {
				entries[above] = listEntry{name: above, childInfo: true}
			}
		}
	}
	sorted := make([]listEntry, 0, len(entries))
	for _, e := range entries {
		e.children = e.childInfo || c.hasChildren(e.name)
		sorted = append(sorted, e)
	}
	slices.SortFunc(sorted, func(a, b listEntry) int { return mailstore.CompareNames(a.name, b.name) })
	return sorted
}
