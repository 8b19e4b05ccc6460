package mailstore

import (
	"sort"

	"github.com/restante/restante"
)

// span is the messages of a page with indexes from (included) to (excluded).
type span struct{ from, to int }

// eachOverlap calls f for each page that holds messages of uids, in order,
// with their places in it as rising spans, which are valid during the call. f
// may replace pages[i] in a copy of the list.
func eachOverlap(pages []*Page, uids UIDSet, f func(i int, spans []span) error) error {
	var spans []span
	for i := 0; i < len(pages) && len(uids) > 0; {
		p := pages[i]
		if uids[0].First > p.last {
			i += 1 + pageFor(pages[i+1:], uids[0].First)
			continue
		}
		if uids[0].Last < p.first {
			n := sort.Search(len(uids), func(j int) bool { return uids[j].Last >= p.first })
			uids = uids[n:]
			continue
		}
		spans = spans[:0]
		for len(uids) > 0 && uids[0].First <= p.last {
			from, to := p.below(uids[0].First), p.n
			if uids[0].Last < p.last {
				to = p.below(uids[0].Last + 1)
			}
			if from < to {
				spans = append(spans, span{from, to})
			}
			if uids[0].Last > p.last {
				break // it goes on in the next page
			}
			uids = uids[1:]
		}
		if len(spans) > 0 {
			if err := f(i, spans); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}

// addUIDs adds the UIDs of spans to a set that has none above.
func (p *Page) addUIDs(set UIDSet, spans []span) UIDSet {
	for _, s := range spans {
		if p.dense() {
			set = set.AddRange(UIDRange{p.first + restante.UID(s.from), p.first + restante.UID(s.to-1)})
			continue
		}
		for _, uid := range p.UIDs()[s.from:s.to] {
			set = set.Add(uid)
		}
	}
	return set
}

// Minus answers the UIDs of s that are not in t.
func (s UIDSet) Minus(t UIDSet) UIDSet {
	var out UIDSet
	for _, r := range s {
		for len(t) > 0 && t[0].Last < r.First {
			t = t[1:]
		}
		first := uint64(r.First)
		for _, cut := range t {
			if cut.First > r.Last {
				break
			}
			if uint64(cut.First) > first {
				out = append(out, UIDRange{restante.UID(first), cut.First - 1})
			}
			first = uint64(cut.Last) + 1
		}
		if first <= uint64(r.Last) {
			out = append(out, UIDRange{restante.UID(first), r.Last})
		}
	}
	return out
}

// Intersect answers the UIDs that both sets have.
func (s UIDSet) Intersect(t UIDSet) UIDSet {
	var out UIDSet
	for len(s) > 0 && len(t) > 0 {
		if first, last := max(s[0].First, t[0].First), min(s[0].Last, t[0].Last); first <= last {
			out = out.AddRange(UIDRange{First: first, Last: last})
		}
		if s[0].Last < t[0].Last {
			s = s[1:]
		} else {
			t = t[1:]
		}
	}
	return out
}
