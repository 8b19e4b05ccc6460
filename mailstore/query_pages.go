package mailstore

import (
	"math"

	"github.com/restante/restante"
)

// pagePlan is a condition that a page's columns answer. match sets the bits of
// the messages that match, whether they are candidates or not.
type pagePlan struct {
	match func(p *Page, out *pageMask)
}

func (pagePlan) cost() cost { return costColumn }

func (p pagePlan) eval(s *searcher, candidates, out bitset) error {
	var found pageMask
	for page, first := range s.pages(candidates) {
		found = pageMask{}
		p.match(page, &found)
		out.addPage(&found, first)
	}
	out.and(candidates)
	return s.ctx.Err()
}

// bit is b as a bit at place i of its word.
func bit(b bool, i int) uint64 {
	var v uint64
	if b {
		v = 1
	}
	return v << (i & 63)
}

func sizesOver(size int64) plan {
	switch {
	case size < 0:
		return everything{}
	case size >= math.MaxUint32:
		return nothing{}
	}
	return pagePlan{func(p *Page, out *pageMask) {
		for i, v := range p.Sizes() {
			out[i>>6] |= bit(v > uint32(size), i)
		}
	}}
}

// dayPlan compares the calendar day of a date column in the zone beside it.
// The days are turned into the seconds at which they begin on a clock there, so
// that a message costs two comparisons.
func dayPlan(dates func(*Page) []int64, zones func(*Page) []int16, since, before Day) plan {
	from, to := since.from(), before.until()
	return pagePlan{func(p *Page, out *pageMask) {
		zones := zones(p)
		for i, v := range dates(p) {
			v += int64(zones[i]) * 60
			out[i>>6] |= bit(v >= from && v < to, i)
		}
	}}
}

func internalDays(since, before Day) plan {
	return dayPlan((*Page).InternalDates, (*Page).InternalZones, since, before)
}

// withinPlan compares the internal date: [from, to) in seconds since 1970.
func withinPlan(from, to int64) plan {
	return pagePlan{func(p *Page, out *pageMask) {
		for i, v := range p.InternalDates() {
			out[i>>6] |= bit(v >= from && v < to, i)
		}
	}}
}

func modseqPlan(since restante.ModSeq) plan {
	return pagePlan{func(p *Page, out *pageMask) {
		if p.MaxModSeq() < since {
			return
		}
		for i, v := range p.ModSeqs() {
			out[i>>6] |= bit(v >= since, i)
		}
	}}
}

func idPlan[ID ~uint64](column func(*Page) []ID, ids []ID) plan {
	switch len(ids) {
	case 0:
		return nothing{}
	case 1:
		id := ids[0]
		return pagePlan{func(p *Page, out *pageMask) {
			for i, v := range column(p) {
				out[i>>6] |= bit(v == id, i)
			}
		}}
	}
	set := make(map[ID]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return pagePlan{func(p *Page, out *pageMask) {
		for i, v := range column(p) {
			_, ok := set[v]
			out[i>>6] |= bit(ok, i)
		}
	}}
}

// flagPlan decides once for each flag set.
type flagPlan struct{ flag string }

func (*flagPlan) cost() cost { return costFlag }

func (f *flagPlan) eval(s *searcher, candidates, out bitset) error {
	table := s.snap.Flags()
	known := make(map[FlagSetID]bool)
	var found pageMask
	for page, first := range s.pages(candidates) {
		found = pageMask{}
		sets := page.FlagSets()
		for i := 0; i < len(sets); {
			id := sets[i]
			has := f.decide(table, known, id)
			// Most messages have the flags of the one before them.
			for ; i < len(sets) && sets[i] == id; i++ {
				found[i>>6] |= bit(has, i)
			}
		}
		out.addPage(&found, first)
	}
	out.and(candidates)
	return s.ctx.Err()
}

// decide answers whether a flag set has the flag, from known if it is there.
func (f *flagPlan) decide(table *FlagTable, known map[FlagSetID]bool, id FlagSetID) bool {
	has, ok := known[id]
	if !ok {
		set := table.Set(id)
		has = set != nil && set.Has(f.flag)
		known[id] = has
	}
	return has
}

// uidPlan matches a set of UIDs.
type uidPlan UIDSet

func (uidPlan) cost() cost { return costNone }

func (p uidPlan) eval(s *searcher, candidates, out bitset) error {
	for _, r := range p {
		first, end := s.snap.Below(r.First), s.snap.Len()
		if r.Last < math.MaxUint32 {
			end = s.snap.Below(r.Last + 1)
		}
		out.addRange(first, end)
	}
	out.and(candidates)
	return nil
}

// seqPlan matches sequence numbers of the snapshot.
type seqPlan []SeqRange

func (seqPlan) cost() cost { return costNone }

func (p seqPlan) eval(_ *searcher, candidates, out bitset) error {
	for _, r := range p {
		out.addRange(r.First-1, r.Last)
	}
	out.and(candidates)
	return nil
}
