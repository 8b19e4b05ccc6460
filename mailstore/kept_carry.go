package mailstore

import "github.com/restante/restante"

// dependence says what, besides a message's content and its dates and numbers,
// which never change, a query depends on.
type dependence struct {
	row    bool // the message's flags or modification sequence
	age    bool // the time that it is
	others bool // other messages, or what is not known here
}

// fixed reports whether a message that matches once always does.
func (d dependence) fixed() bool { return !d.age && !d.others }

func (d dependence) or(e dependence) dependence {
	return dependence{d.row || e.row, d.age || e.age, d.others || e.others}
}

// dependenceOf judges a query. A kind that it does not know may depend on
// anything.
func dependenceOf(q Query) dependence {
	switch q := q.(type) {
	case And:
		return dependenceOfAll(q)
	case Or:
		return dependenceOfAll(q)
	case Not:
		return dependenceOf(q.Query)
	case Fuzzy:
		return dependenceOf(q.Query)
	case HasFlag, ModSeq, Annotated:
		return dependence{row: true}
	case Within:
		return dependence{age: true}
	case nil, All, UIDs, Larger, Smaller, InternalDate, SaveDate, Emails, Thread,
		SentDate, Subject, From, To, Cc, Bcc, Header, Body, Text, MessageID, Attachment, Arrived:
		return dependence{}
	}
	return dependence{others: true}
}

func dependenceOfAll(list []Query) (d dependence) {
	for _, q := range list {
		d = d.or(dependenceOf(q))
	}
	return d
}

// aged adds to out the messages that a query by age judges otherwise now than
// it did then.
func (s *searcher) aged(q Query, then, now int64, out bitset) error {
	switch q := q.(type) {
	case And:
		return s.agedAny(q, then, now, out)
	case Or:
		return s.agedAny(q, then, now, out)
	case Not:
		return s.aged(q.Query, then, now, out)
	case Fuzzy:
		return s.aged(q.Query, then, now, out)
	case Within:
		for _, age := range [...]uint32{q.Older, q.Younger} {
			if age == 0 {
				continue
			}
			// Both bounds move over the same seconds; see compilePages.
			from, to := min(then, now)-int64(age), max(then, now)-int64(age)+1
			if err := s.partOf(withinPlan(from, to), out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *searcher) agedAny(list []Query, then, now int64, out bitset) error {
	for _, q := range list {
		if err := s.aged(q, then, now, out); err != nil {
			return err
		}
	}
	return nil
}

// partOf adds to out what matches of all messages.
func (s *searcher) partOf(p plan, out bitset) error { return s.part(p, 0, s.snap.Len(), out) }

// samePages reports whether two snapshots hold the same messages unchanged.
func samePages(a, b *Snapshot) bool { return a.SamePages(b) }

// SamePages reports whether two snapshots of a mailbox are known to hold the same
// messages with the same flags, because nothing has changed between them.
func (a *Snapshot) SamePages(b *Snapshot) bool {
	return len(a.pages) == len(b.pages) && (len(a.pages) == 0 || &a.pages[0] == &b.pages[0])
}

// carry gives what of the result a later snapshot still holds, and the messages
// of that snapshot about which the result says nothing: the new ones and, where
// row, those whose flags or modification sequence changed. Pages that both
// snapshots share are not looked into.
func (r Result) carry(now *Snapshot, row bool) (carried, fresh bitset) {
	carried, fresh = newBitset(now.Len()), newBitset(now.Len())
	old := r.snap
	var mask pageMask
	for i, j := 0, 0; j < len(now.pages); {
		switch p := now.pages[j]; {
		case i < len(old.pages) && old.pages[i] == p:
			if r.set.page(&mask, old.FirstSeq(i)-1, p.n) {
				carried.addPage(&mask, now.FirstSeq(j)-1)
			}
			i, j = i+1, j+1
		case i < len(old.pages) && old.pages[i].last < p.first:
			i++
		default:
			r.carryPage(now, j, i, row, carried, fresh)
			j++
			for i < len(old.pages) && old.pages[i].last <= p.last {
				i++
			}
		}
	}
	return carried, fresh
}

// carryPage is carry for page j of now, whose messages were in the pages from i
// on, if anywhere.
func (r Result) carryPage(now *Snapshot, j, i int, row bool, carried, fresh bitset) {
	p := now.pages[j]
	place := now.FirstSeq(j) - 1
	uids, modseqs, flags := p.UIDs(), p.ModSeqs(), p.FlagSets()
	c := pageCursor{snap: r.snap, page: i}
	for k, uid := range uids {
		was, m, f, known := c.find(uid)
		switch {
		case !known:
			fresh.add(place + k)
			continue
		case row && (m != modseqs[k] || f != flags[k]):
			fresh.add(place + k)
		}
		if r.set.has(was) {
			carried.add(place + k)
		}
	}
}

// pageCursor finds messages with rising UIDs.
type pageCursor struct {
	snap    *Snapshot
	page, k int
}

// find gives the place, modification sequence and flag set of a message.
func (c *pageCursor) find(uid restante.UID) (place int, m restante.ModSeq, f FlagSetID, ok bool) {
	for ; c.page < len(c.snap.pages); c.page, c.k = c.page+1, 0 {
		p := c.snap.pages[c.page]
		if p.last < uid {
			continue
		}
		uids := p.UIDs()
		for c.k < len(uids) && uids[c.k] < uid {
			c.k++
		}
		if uids[c.k] != uid {
			return 0, 0, 0, false
		}
		return c.snap.FirstSeq(c.page) - 1 + c.k, p.ModSeqs()[c.k], p.FlagSets()[c.k], true
	}
	return 0, 0, 0, false
}
