package mailstore

import (
	"slices"

	"github.com/restante/restante"
)

// columnSet is a page's columns while it is made.
type columnSet struct {
	uids          []restante.UID
	flagSets      []FlagSetID
	modSeqs       []restante.ModSeq
	emailIDs      []restante.EmailID
	threadIDs     []restante.ThreadID
	internalDates []int64
	internalZones []int16
	saveDates     []int64
	saveZones     []int16
	sizes         []uint32
	delays        []int64
	sentZones     []int16
}

// columnsOf gives the columns of p. Appending to them may write behind the
// ends of p's own columns, which nobody reads; only the account's writer does
// that, and only to its newest page.
func columnsOf(p *Page) columnSet {
	return columnSet{
		uids: p.UIDs(), flagSets: p.FlagSets(), modSeqs: p.ModSeqs(),
		emailIDs: p.EmailIDs(), threadIDs: p.ThreadIDs(),
		internalDates: p.InternalDates(), internalZones: p.InternalZones(),
		saveDates: p.SaveDates(), saveZones: p.SaveZones(), sizes: p.Sizes(),
		delays: p.Delays(), sentZones: p.SentZones(),
	}
}

func (c *columnSet) len() int { return len(c.uids) }

// grow makes room for n more messages.
func (c *columnSet) grow(n int) {
	c.uids = slices.Grow(c.uids, n)
	c.flagSets = slices.Grow(c.flagSets, n)
	c.modSeqs = slices.Grow(c.modSeqs, n)
	c.emailIDs = slices.Grow(c.emailIDs, n)
	c.threadIDs = slices.Grow(c.threadIDs, n)
	c.internalDates = slices.Grow(c.internalDates, n)
	c.internalZones = slices.Grow(c.internalZones, n)
	c.saveDates = slices.Grow(c.saveDates, n)
	c.saveZones = slices.Grow(c.saveZones, n)
	c.sizes = slices.Grow(c.sizes, n)
	c.delays = slices.Grow(c.delays, n)
	c.sentZones = slices.Grow(c.sentZones, n)
}

// append adds messages.
func (c *columnSet) append(messages []Message) {
	c.grow(len(messages))
	for i := range messages {
		m := &messages[i]
		c.uids = append(c.uids, m.UID)
		c.flagSets = append(c.flagSets, m.FlagSet)
		c.modSeqs = append(c.modSeqs, m.ModSeq)
		c.emailIDs = append(c.emailIDs, m.EmailID)
		c.threadIDs = append(c.threadIDs, m.ThreadID)
		c.internalDates = append(c.internalDates, m.InternalDate.Unix)
		c.internalZones = append(c.internalZones, m.InternalDate.Zone)
		c.saveDates = append(c.saveDates, m.SaveDate.Unix)
		c.saveZones = append(c.saveZones, m.SaveDate.Zone)
		c.sizes = append(c.sizes, m.Size)
		c.delays = append(c.delays, m.InternalDate.Unix-m.SentDate.Unix)
		c.sentZones = append(c.sentZones, m.SentDate.Zone)
	}
}

// pick copies the entries from from at the given indexes.
func (c *columnSet) pick(from *columnSet, index []int) {
	c.uids = pick(c.uids, from.uids, index)
	c.flagSets = pick(c.flagSets, from.flagSets, index)
	c.modSeqs = pick(c.modSeqs, from.modSeqs, index)
	c.emailIDs = pick(c.emailIDs, from.emailIDs, index)
	c.threadIDs = pick(c.threadIDs, from.threadIDs, index)
	c.internalDates = pick(c.internalDates, from.internalDates, index)
	c.internalZones = pick(c.internalZones, from.internalZones, index)
	c.saveDates = pick(c.saveDates, from.saveDates, index)
	c.saveZones = pick(c.saveZones, from.saveZones, index)
	c.sizes = pick(c.sizes, from.sizes, index)
	c.delays = pick(c.delays, from.delays, index)
	c.sentZones = pick(c.sentZones, from.sentZones, index)
}

func pick[T any](dst, from []T, index []int) []T {
	if cap(dst)-len(dst) < len(index) {
		dst = append(make([]T, 0, len(dst)+len(index)), dst...)
	}
	for _, i := range index {
		dst = append(dst, from[i])
	}
	return dst
}

// page makes a page of the columns, which it keeps. flags may be nil: then the
// page does not know how many are unseen and deleted.
func (c *columnSet) page(key restante.UID, flags *FlagTable) *Page {
	p := &Page{key: key, n: c.len(), first: c.uids[0], last: c.uids[c.len()-1]}
	for _, m := range c.modSeqs {
		p.maxModSeq = max(p.maxModSeq, m)
	}
	p.countFlags(c.flagSets, flags)
	buf := make([]byte, 0, 16*p.n+8*pageColumns)
	buf = encodeInto(&p.uids, buf, c.uids)
	buf = encodeInto(&p.flagSets, buf, c.flagSets)
	buf = encodeInto(&p.modSeqs, buf, c.modSeqs)
	buf = encodeInto(&p.emailIDs, buf, c.emailIDs)
	buf = encodeInto(&p.threadIDs, buf, c.threadIDs)
	buf = encodeInto(&p.internalDates, buf, c.internalDates)
	buf = encodeInto(&p.internalZones, buf, c.internalZones)
	buf = encodeInto(&p.saveDates, buf, c.saveDates)
	buf = encodeInto(&p.saveZones, buf, c.saveZones)
	buf = encodeInto(&p.sizes, buf, c.sizes)
	buf = encodeInto(&p.delays, buf, c.delays)
	encodeInto(&p.sentZones, buf, c.sentZones)
	p.seal()
	return p
}

// encodeInto gives col its values, encoded at the end of buf.
func encodeInto[T integer](col *column[T], buf []byte, values []T) []byte {
	start := len(buf)
	buf = appendColumn(buf, values)
	col.enc = buf[start:]
	col.put(values)
	return buf
}

// countFlags sets the page's counts for its flag sets.
func (p *Page) countFlags(sets []FlagSetID, flags *FlagTable) {
	p.unseen, p.deleted = unknown, unknown
	if flags == nil {
		return
	}
	p.unseen, p.deleted = 0, 0
	for _, id := range sets {
		system := flags.system(id)
		if system&Seen == 0 {
			p.unseen++
		}
		if system&Deleted != 0 {
			p.deleted++
		}
	}
}

// withFlags makes a page with other flag sets and modseqs and everything else
// as in p, whose encoded columns it copies without decoding them.
func (p *Page) withFlags(sets []FlagSetID, modSeqs []restante.ModSeq, flags *FlagTable) *Page {
	q := &Page{key: p.key, n: p.n, first: p.first, last: p.last}
	for _, m := range modSeqs {
		q.maxModSeq = max(q.maxModSeq, m)
	}
	q.countFlags(sets, flags)
	buf := encodeInto(&q.flagSets, make([]byte, 0, 6*p.n+32), sets)
	encodeInto(&q.modSeqs, buf, modSeqs)
	q.shareRest(p)
	q.seal()
	return q
}

// shareRest takes over all columns of p but those that flags change.
func (q *Page) shareRest(p *Page) {
	share(&q.uids, &p.uids)
	share(&q.emailIDs, &p.emailIDs)
	share(&q.threadIDs, &p.threadIDs)
	share(&q.internalDates, &p.internalDates)
	share(&q.internalZones, &p.internalZones)
	share(&q.saveDates, &p.saveDates)
	share(&q.saveZones, &p.saveZones)
	share(&q.sizes, &p.sizes)
	share(&q.delays, &p.delays)
	share(&q.sentZones, &p.sentZones)
}

func share[T integer](to, from *column[T]) {
	to.enc = from.enc
	if values, ok := from.decoded(); ok {
		to.put(values)
	}
}
