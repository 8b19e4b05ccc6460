package view

import "github.com/restante/restante/mailstore"

// mergedPage is how many messages a page of ghosts holds at most.
const mergedPage = 256

// merge gives a snapshot with the messages of both: what now has is as in
// now, what only old has is kept as it was. Pages outside the regions are
// shared with now.
func merge(old, now *mailstore.Snapshot, regions []region) *mailstore.Snapshot {
	pages := make([]*mailstore.Page, 0, len(now.Pages())+len(regions))
	next := 0
	for _, r := range regions {
		pages = append(pages, now.Pages()[next:r.newFrom]...)
		pages = mergeRegion(pages, old, now, r)
		next = r.newTo
	}
	pages = append(pages, now.Pages()[next:]...)
	return mailstore.NewSnapshot(now.Mailbox(), now.Flags(), now.ModSeq(), pages)
}

// mergeRegion appends the messages of a region as new pages.
func mergeRegion(pages []*mailstore.Page, old, now *mailstore.Snapshot, r region) []*mailstore.Page {
	a, b := newCursor(old, r.oldFrom, r.oldTo), newCursor(now, r.newFrom, r.newTo)
	if !hasGhost(a, b) {
		return append(pages, now.Pages()[r.newFrom:r.newTo]...)
	}
	a, b = newCursor(old, r.oldFrom, r.oldTo), newCursor(now, r.newFrom, r.newTo)
	all := make([]mailstore.Message, 0, mergedPage)
	for a.more() || b.more() {
		switch {
		case !b.more() || a.more() && a.uid() < b.uid():
			all = append(all, a.message())
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
			pages, all = append(pages, mailstore.NewPage(all)), all[:0]
		}
	}
	if len(all) > 0 {
		pages = append(pages, mailstore.NewPage(all))
	}
	return pages
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
