package imap

import (
	"iter"
	"math"
	"slices"
)

// NumRange is an inclusive range of numbers, 1 <= Start <= Stop.
type NumRange struct{ Start, Stop uint32 }

// NumSet is a set of message sequence numbers or UIDs as a client writes it:
// sequence-set of RFC 9051 §9, with "*" and with "$" (RFC 5182). Its ranges are
// kept sorted, disjoint and coalesced. The zero value is the empty set. A
// NumSet shares its memory with its copies; only [NumSet.AddNum] and
// [NumSet.AddRange] write to it.
type NumSet struct {
	ranges []NumRange
	// star is 0 where the set has no "*". Otherwise the set has all numbers
	// from star to "*", and "*" itself in any case: n:* and m:* together are
	// min(n, m):*, so one number holds any mixture. The bare "*" is MaxUint32.
	star  uint32
	saved bool
}

// SeqSet is a NumSet of message sequence numbers.
type SeqSet = NumSet

// UIDSet is a NumSet of unique identifiers.
type UIDSet = NumSet

// SavedResult is the set "$": what the last SEARCH RETURN (SAVE) found (RFC
// 9051 §6.4.4.1). It holds no numbers; the session knows them.
func SavedResult() NumSet { return NumSet{saved: true} }

// NumSetOf gives the set of the numbers given, which may be in any order. Zeros
// are left out.
func NumSetOf(nums ...uint32) NumSet {
	var s NumSet
	for _, n := range nums {
		s.AddNum(n)
	}
	return s
}

// NumSetRange gives the set of all numbers from a to b, in either order; both
// must be positive.
func NumSetRange(a, b uint32) NumSet {
	var s NumSet
	s.AddRange(a, b)
	return s
}

// NumSetOfRanges gives the set of the ranges given, which may overlap and be in
// any order. It takes the slice over.
func NumSetOfRanges(r []NumRange) NumSet { return NumSet{ranges: coalesce(r)} }

// IsSaved reports whether the set is "$".
func (s NumSet) IsSaved() bool { return s.saved }

// HasStar reports whether the set names "*", so that it must be resolved
// before its numbers are known.
func (s NumSet) HasStar() bool { return s.star != 0 }

// IsEmpty reports whether the set has neither numbers nor "*" nor is "$".
func (s NumSet) IsEmpty() bool { return len(s.ranges) == 0 && s.star == 0 && !s.saved }

// Ranges gives the numbers of the set without "*", sorted and coalesced. The
// caller must not change them.
func (s NumSet) Ranges() []NumRange { return s.ranges }

// Max gives the largest number written in the set, not counting "*"; 0 where
// there is none. A sequence number above the mailbox's count is a client's
// error (RFC 9051 §9, seq-number).
func (s NumSet) Max() uint32 {
	m := uint32(0)
	if n := len(s.ranges); n > 0 {
		m = s.ranges[n-1].Stop
	}
	if s.star != math.MaxUint32 && s.star > m {
		m = s.star
	}
	return m
}

// Min gives the smallest number of the set, not counting the bare "*"; 0 where
// there is none.
func (s NumSet) Min() uint32 {
	m := uint32(0)
	if len(s.ranges) > 0 {
		m = s.ranges[0].Start
	}
	if s.star != 0 && s.star != math.MaxUint32 && (m == 0 || s.star < m) {
		m = s.star
	}
	return m
}

// Resolve gives the set with "*" replaced by last, the largest number in use:
// n:* always includes last, also where n is larger (RFC 9051 §9, seq-range).
// Numbers above last that were written out stay. With last = 0 (an empty
// mailbox) "*" stands for nothing.
func (s NumSet) Resolve(last uint32) NumSet {
	if s.star == 0 {
		return s
	}
	r := NumSet{ranges: s.ranges, saved: s.saved}
	if last == 0 {
		return r
	}
	r.ranges = make([]NumRange, len(s.ranges), len(s.ranges)+1)
	copy(r.ranges, s.ranges)
	r.AddRange(min(s.star, last), last)
	return r
}

// Open is Resolve for a set that is kept while messages come: n:* has all numbers
// from n on, and "*" itself is the last one now.
func (s NumSet) Open(last uint32) NumSet {
	if s.star == 0 {
		return s
	}
	r := NumSet{ranges: slices.Clone(s.ranges)}
	if last > 0 && s.star > last {
		r.AddNum(last)
	}
	if s.star != math.MaxUint32 {
		r.AddRange(s.star, math.MaxUint32)
	}
	return r
}

// Count gives how many numbers the set has, not counting "*".
func (s NumSet) Count() uint64 {
	var n uint64
	for _, r := range s.ranges {
		n += uint64(r.Stop-r.Start) + 1
	}
	return n
}

// Contains reports whether n is among the set's numbers; "*" must have been
// resolved before.
func (s NumSet) Contains(n uint32) bool {
	i := s.search(n)
	return i < len(s.ranges) && s.ranges[i].Start <= n
}

// Numbers goes through the set's numbers in rising order; "*" must have been
// resolved before.
func (s NumSet) Numbers() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, r := range s.ranges {
			for n := r.Start; ; n++ {
				if !yield(n) {
					return
				}
				if n == r.Stop {
					break
				}
			}
		}
	}
}

// search gives the index of the first range that ends at n or later.
func (s NumSet) search(n uint32) int {
	lo, hi := 0, len(s.ranges)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s.ranges[mid].Stop < n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// AddNum adds one positive number; 0 is ignored. Adding in rising order costs
// constant time.
func (s *NumSet) AddNum(n uint32) {
	if n != 0 {
		s.AddRange(n, n)
	}
}

// AddRange adds all numbers from a to b, in either order. Adding in rising
// order costs constant time. A zero is taken as 1.
func (s *NumSet) AddRange(a, b uint32) {
	if a > b {
		a, b = b, a
	}
	a, b = max(a, 1), max(b, 1)
	n := len(s.ranges)
	if n == 0 || uint64(s.ranges[n-1].Stop)+1 < uint64(a) {
		s.ranges = append(s.ranges, NumRange{a, b})
		return
	}
	// The first range that touches [a, b], and the first behind it that does not.
	i := s.search(a - 1)
	if a == 1 {
		i = 0
	}
	j := i
	for j < n && uint64(s.ranges[j].Start) <= uint64(b)+1 {
		a, b = min(a, s.ranges[j].Start), max(b, s.ranges[j].Stop)
		j++
	}
	if i == j {
		s.ranges = slices.Insert(s.ranges, i, NumRange{a, b})
		return
	}
	s.ranges[i] = NumRange{a, b}
	s.ranges = slices.Delete(s.ranges, i+1, j)
}

// coalesce sorts the ranges and joins those that touch, in place.
func coalesce(r []NumRange) []NumRange {
	sorted := true
	for i := 1; i < len(r); i++ {
		if uint64(r[i-1].Stop)+1 >= uint64(r[i].Start) {
			sorted = false
			break
		}
	}
	if sorted {
		return r
	}
	slices.SortFunc(r, func(a, b NumRange) int {
		if a.Start < b.Start {
			return -1
		}
		if a.Start > b.Start {
			return 1
		}
		return 0
	})
	out := r[:1]
	for _, x := range r[1:] {
		last := &out[len(out)-1]
		if uint64(last.Stop)+1 >= uint64(x.Start) {
			last.Stop = max(last.Stop, x.Stop)
		} else {
			out = append(out, x)
		}
	}
	return out
}
