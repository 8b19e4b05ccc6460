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
	for a.more() && b.more() {
		i, j := a.i, b.i // within the two pages at hand
		for i < len(a.uids) && j < len(b.uids) {
			switch was, uid := a.uids[i], b.uids[j]; {
			case was < uid:
				i++
			case was > uid:
				j++
			default:
				if a.flags[i] != b.flags[j] || a.modseqs[i] != b.modseqs[j] {
					is := mailstore.MessageFlags{UID: uid, FlagSet: b.flags[j], ModSeq: b.modseqs[j]}
					if !yield(Change{Seq: seq + j, Old: a.flags[i], New: is}) {
						return false
					}
				}
				i, j = i+1, j+1
			}
		}
		if j == len(b.uids) {
			seq += j
		}
		a.moveTo(i)
		b.moveTo(j)
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

// same answers how many messages the page at hand has if both cursors are at the
// first of a page and these share their UIDs, as where only flags differ; else 0.
func (c *cursor) same(d *cursor) int {
	if c.i > 0 || d.i > 0 || !d.more() || len(c.uids) != len(d.uids) || &c.uids[0] != &d.uids[0] {
		return 0
	}
	return len(c.uids)
}

func (c *cursor) message() mailstore.Message { return c.pages[0].Message(c.i) }

func (c *cursor) next() { c.moveTo(c.i + 1) }

// moveTo moves to message i of the page at hand, or behind its last one.
func (c *cursor) moveTo(i int) {
	if c.i = i; i == len(c.uids) {
		c.pages = c.pages[1:]
		c.load()
	}
}
