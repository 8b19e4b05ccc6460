package server

import (
	"slices"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// listEntry is one name that LIST or LSUB answers.
type listEntry struct {
	name       string
	mailbox    *mailstore.Mailbox // nil where no mailbox has the name
	subscribed bool
	selected   bool // it meets the selection options itself
	childInfo  bool // an inferior of it does (RFC 9051 §6.3.9.6)
	children   bool // there are inferior mailboxes
}

// listing computes LIST from one state of the account.
type listing struct {
	state   *mailstore.State
	match   func(name string) bool
	options imap.ListOptions
}

// each calls f with the names to answer, sorted, INBOX first (RFC 9051 §6.3.9.3).
func (l *listing) each(f func(listEntry)) {
	var above map[string]ancestor
	if l.options.Select.Has(imap.ListSelectRecursiveMatch) {
		above = l.ancestors()
	}
	for _, e := range l.candidates(above) {
		if !l.match(e.name) {
			continue
		}
		a, isAbove := above[e.name]
		// A name that does not meet the options itself is answered only for
		// inferiors that are not answered themselves (RFC 9051 §6.3.9.3 2B).
		if !e.selected && !(isAbove && a.hidden) {
			continue
		}
		e.childInfo = isAbove
		e.children = l.state.HasChildren(e.name)
		f(e)
	}
}

// candidates gives the names that could be answered, whatever the pattern.
func (l *listing) candidates(above map[string]ancestor) []listEntry {
	mailboxes := l.state.Mailboxes()
	entries := make([]listEntry, 0, len(mailboxes))
	known := func(name string) bool { return l.state.MailboxByName(name) != nil }
	subscribed := l.subscriptions()
	for _, m := range mailboxes {
		_, sub := subscribed[m.Name]
		e := listEntry{name: m.Name, mailbox: m, subscribed: sub}
		e.selected = l.meets(e)
		entries = append(entries, e)
	}
	if !l.options.Select.Has(imap.ListSelectSubscribed) {
		return entries
	}
	for name := range subscribed {
		if known(name) {
			continue
		}
		e := listEntry{name: name, subscribed: true}
		e.selected = l.meets(e)
		entries = append(entries, e)
	}
	for name := range above {
		if _, sub := subscribed[name]; !sub && !known(name) {
			entries = append(entries, listEntry{name: name})
		}
	}
	if len(entries) > len(mailboxes) {
		slices.SortFunc(entries, func(a, b listEntry) int { return compareNames(a.name, b.name) })
	}
	return entries
}

// subscriptions gives the subscribed names as a set, if the options ask for them.
func (l *listing) subscriptions() map[string]struct{} {
	if !l.options.Select.Has(imap.ListSelectSubscribed) && !l.options.Return.Has(imap.ListReturnSubscribed) {
		return nil
	}
	names := l.state.Subscriptions()
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
	if l.options.Select.Has(imap.ListSelectSpecialUse) && (e.mailbox == nil || len(e.mailbox.SpecialUse) == 0) {
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
		hidden := !l.match(e.name)
		eachAncestor(e.name, func(name string) {
			above[name] = ancestor{hidden: above[name].hidden || hidden}
		})
	}
	return above
}

// subscribedListing gives what LSUB answers (RFC 3501 §6.3.9): the subscribed
// names that match, and where the pattern has a %, the levels above subscribed
// names that match without being subscribed.
func subscribedListing(state *mailstore.State, match func(string) bool, levels bool) []listEntry {
	names := state.Subscriptions()
	entries := make(map[string]listEntry, len(names))
	for _, name := range names {
		if match(name) {
			entries[name] = listEntry{name: name, mailbox: state.MailboxByName(name), subscribed: true, selected: true}
			continue
		}
		if !levels {
			continue
		}
		eachAncestor(name, func(above string) {
			if _, there := entries[above]; !there && match(above) {
				entries[above] = listEntry{name: above, childInfo: true}
			}
		})
	}
	sorted := make([]listEntry, 0, len(entries))
	for _, e := range entries {
		e.children = e.childInfo || state.HasChildren(e.name)
		sorted = append(sorted, e)
	}
	slices.SortFunc(sorted, func(a, b listEntry) int { return compareNames(a.name, b.name) })
	return sorted
}

// eachAncestor calls f with the superior names of name, the nearest first.
func eachAncestor(name string, f func(string)) {
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		f(name[:i])
	}
}

// compareNames orders mailbox names as the store does: INBOX first.
func compareNames(a, b string) int {
	if a == "INBOX" || b == "INBOX" {
		if a == b {
			return 0
		}
		if a == "INBOX" {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}
