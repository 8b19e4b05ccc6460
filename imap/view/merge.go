package view

import (
	"slices"

	"github.com/restante/restante/mailstore"
)

// mergedPage is how many messages a page of ghosts holds at most.
const mergedPage = 256

// merge gives a snapshot with the messages of both: what now has is as in
// now, what only old has is kept as it was, but for the messages of gone. Pages
// outside the regions are shared with now.
func merge(old, now *mailstore.Snapshot, regions []region, gone mailstore.UIDSet) *mailstore.Snapshot {
	m := merger{old: old, now: now, gone: gone, pages: make([]*mailstore.Page, 0, len(now.Pages())+len(regions))}
	next := 0
	for _, r := range regions {
		m.pages = append(m.pages, now.Pages()[next:r.newFrom]...)
		m.region(r)
		next = r.newTo
	}
	m.pages = append(m.pages, now.Pages()[next:]...)
	flags := now.Flags()
	if len(m.lost) > 0 {
		flags = flags.With(m.lost)
	}
	return mailstore.NewSnapshot(now.Mailbox(), flags, now.ModSeq(), m.pages)
}

// merger is a merge under way.
type merger struct {
	old, now *mailstore.Snapshot
	gone     mailstore.UIDSet
	pages    []*mailstore.Page
	// lost are the flag sets of ghosts that now's table does not have any more.
	lost []*mailstore.FlagSet
}

// region appends the messages of a region as new pages.
func (m *merger) region(r region) {
	a, b := newCursor(m.old, r.oldFrom, r.oldTo), newCursor(m.now, r.newFrom, r.newTo)
	if !hasGhost(a, b) {
		m.pages = append(m.pages, m.now.Pages()[r.newFrom:r.newTo]...)
		return
	}
	a, b = newCursor(m.old, r.oldFrom, r.oldTo), newCursor(m.now, r.newFrom, r.newTo)
	all := make([]mailstore.Message, 0, mergedPage)
	for a.more() || b.more() {
		switch {
		case !b.more() || a.more() && a.uid() < b.uid():
			if !m.gone.Contains(a.uid()) {
				all = append(all, m.ghost(a.message()))
			}
			a.next()
		case !a.more() || b.uid() < a.uid():
			all = append(all, b.message())
			b.next()
		default:
			all = append(all, b.message())
			a.next()
			b.next()
		}
		if len(all) == mergedPage {
			m.pages, all = append(m.pages, mailstore.NewPage(all)), all[:0]
		}
	}
	if len(all) > 0 {
		m.pages = append(m.pages, mailstore.NewPage(all))
	}
}

// ghost makes sure that the ghost's flags are known.
func (m *merger) ghost(g mailstore.Message) mailstore.Message {
	if m.now.Flags().Set(g.FlagSet) == nil {
		if set := m.old.Flags().Set(g.FlagSet); set != nil && !slices.Contains(m.lost, set) {
			m.lost = append(m.lost, set)
		}
	}
	return g
}

// hasGhost tells whether a has a message that b lacks. It moves both.
func hasGhost(a, b *cursor) bool {
	for ; a.more(); a.next() {
		for b.more() && b.uid() < a.uid() {
			b.next()
		}
		if !b.more() || b.uid() != a.uid() {
			return true
		}
	}
	return false
}
