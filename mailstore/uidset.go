package mailstore

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/restante/restante"
)

// UIDRange is the UIDs from First to Last, both included.
type UIDRange struct{ First, Last restante.UID }

// UIDSet is a set of UIDs as sorted ranges that neither overlap nor touch.
type UIDSet []UIDRange

// NewUIDSet makes a set of ranges in any order, which may overlap and be given
// high end first. It uses the slice's memory.
func NewUIDSet(ranges []UIDRange) UIDSet {
	for i, r := range ranges {
		if r.First > r.Last {
			ranges[i] = UIDRange{r.Last, r.First}
		}
	}
	slices.SortFunc(ranges, func(a, b UIDRange) int { return cmp.Compare(a.First, b.First) })
	set := ranges[:0]
	for _, r := range ranges {
		set = UIDSet(set).AddRange(r)
	}
	return set
}

// Add appends a UID that is not below the set's last one and returns the set.
func (s UIDSet) Add(uid restante.UID) UIDSet { return s.AddRange(UIDRange{uid, uid}) }

// AddRange appends a range whose first UID is not below the first of the set's
// last range, and returns the set.
func (s UIDSet) AddRange(r UIDRange) UIDSet {
	if n := len(s); n > 0 {
		last := &s[n-1]
		if r.First <= last.Last || r.First == last.Last+1 {
			last.Last = max(last.Last, r.Last)
			return s
		}
	}
	return append(s, r)
}

// Contains reports whether uid is in the set.
func (s UIDSet) Contains(uid restante.UID) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].Last >= uid })
	return i < len(s) && s[i].First <= uid
}

// Count is the number of UIDs in the set.
func (s UIDSet) Count() int64 {
	var n int64
	for _, r := range s {
		n += int64(r.Last) - int64(r.First) + 1
	}
	return n
}

// union merges two sets.
func (s UIDSet) union(t UIDSet) UIDSet {
	if len(s) == 0 {
		return t
	}
	if len(t) == 0 {
		return s
	}
	out := make(UIDSet, 0, len(s)+len(t))
	for len(s) > 0 && len(t) > 0 {
		if s[0].First <= t[0].First {
			out, s = out.AddRange(s[0]), s[1:]
		} else {
			out, t = out.AddRange(t[0]), t[1:]
		}
	}
	for _, r := range s {
		out = out.AddRange(r)
	}
	for _, r := range t {
		out = out.AddRange(r)
	}
	return out
}

// appendUIDSet encodes a set as the row of an expunge: for each range the
// distance from the range before and its length, as varints.
func appendUIDSet(dst []byte, s UIDSet) []byte {
	var prev restante.UID
	for _, r := range s {
		dst = binary.AppendUvarint(dst, uint64(r.First-prev))
		dst = binary.AppendUvarint(dst, uint64(r.Last-r.First))
		prev = r.Last
	}
	return dst
}

// parseUIDSet reads what appendUIDSet wrote. ok is false for damaged bytes.
func parseUIDSet(b []byte) (s UIDSet, ok bool) {
	var prev uint64
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap == 0 || gap > 1<<32 {
			return nil, false
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 || length > 1<<32 || prev+gap+length >= 1<<32 {
			return nil, false
		}
		b = b[n+m:]
		r := UIDRange{restante.UID(prev + gap), restante.UID(prev + gap + length)}
		s, prev = append(s, r), uint64(r.Last)
	}
	return s, true
}
