package view

import (
	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// region is a run of pages in which two snapshots differ: the half-open
// ranges of page indexes in the old and in the new one.
type region struct{ oldFrom, oldTo, newFrom, newTo int }

// compare finds the regions in which two page lists differ. Equal pages are
// the same pointer. Of two unequal ones the page with the lower first UID is
// in no other place of the other list, which rises, so it is passed; with the
// same first UID both are.
func compare(old, now []*mailstore.Page) []region {
	if len(old) == len(now) && (len(old) == 0 || &old[0] == &now[0]) {
		return nil // the same list: another mailbox of the account changed
	}
	var regions []region
	i, j := 0, 0
	for {
		for i < len(old) && j < len(now) && old[i] == now[j] {
			i, j = i+1, j+1
		}
		if i == len(old) && j == len(now) {
			return regions
		}
		r := region{oldFrom: i, newFrom: j}
		for (i < len(old) || j < len(now)) && !(i < len(old) && j < len(now) && old[i] == now[j]) {
			switch {
			case i == len(old):
				j = len(now)
			case j == len(now):
				i = len(old)
			default:
				a, b := old[i].UID(0), now[j].UID(0)
				if a <= b {
					i++
				}
				if b <= a {
					j++
				}
			}
		}
		r.oldTo, r.newTo = i, j
		regions = append(regions, r)
	}
}

// changed calls yield for the messages of the region that both snapshots have
// and whose flags or modification sequences differ.
func (r region) changed(old, now *mailstore.Snapshot, yield func(Change) bool) bool {
	if r.newFrom == r.newTo {
		return true
	}
	a, b := newCursor(old, r.oldFrom, r.oldTo), newCursor(now, r.newFrom, r.newTo)
	seq := now.FirstSeq(r.newFrom)
	for ; b.more() && a.more(); b.next() {
		uid := b.uid()
		for a.more() && a.uid() < uid {
			a.next()
		}
		if a.more() && a.uid() == uid && !a.same(b) {
			if !yield(Change{Seq: seq, Old: a.message(), New: b.message()}) {
				return false
			}
		}
		seq++
	}
	return true
}

// cursor walks the messages of a run of pages.
type cursor struct {
	pages   []*mailstore.Page
	uids    []restante.UID
	flags   []mailstore.FlagSetID
	modseqs []restante.ModSeq
	i       int
}

func newCursor(s *mailstore.Snapshot, from, to int) *cursor {
	c := &cursor{pages: s.Pages()[from:to]}
	c.load()
	return c
}

// load reads the columns of the first page that has messages.
func (c *cursor) load() {
	for len(c.pages) > 0 {
		p := c.pages[0]
		if p.Len() > 0 {
			c.uids, c.flags, c.modseqs, c.i = p.UIDs(), p.FlagSets(), p.ModSeqs(), 0
			return
		}
		c.pages = c.pages[1:]
	}
}

func (c *cursor) more() bool        { return len(c.pages) > 0 }
func (c *cursor) uid() restante.UID { return c.uids[c.i] }

func (c *cursor) same(d *cursor) bool {
	return c.flags[c.i] == d.flags[d.i] && c.modseqs[c.i] == d.modseqs[d.i]
}

func (c *cursor) message() mailstore.Message { return c.pages[0].Message(c.i) }

func (c *cursor) next() {
	c.i++
	if c.i == len(c.uids) {
		c.pages = c.pages[1:]
		c.load()
	}
}
