package imap

// Union gives the set of all numbers that are in s or in t.
func (s NumSet) Union(t NumSet) NumSet {
	u := NumSet{star: s.star, saved: s.saved || t.saved}
	if u.star == 0 || t.star != 0 && t.star < u.star {
		u.star = t.star
	}
	r := make([]NumRange, 0, len(s.ranges)+len(t.ranges))
	r = append(r, s.ranges...)
	u.ranges = coalesce(append(r, t.ranges...))
	return u
}

// Intersect gives the set of all numbers that are in both; "*" must have been
// resolved in both before.
func (s NumSet) Intersect(t NumSet) NumSet {
	var u NumSet
	a, b := s.ranges, t.ranges
	for len(a) > 0 && len(b) > 0 {
		lo, hi := max(a[0].Start, b[0].Start), min(a[0].Stop, b[0].Stop)
		if lo <= hi {
			u.ranges = append(u.ranges, NumRange{lo, hi})
		}
		if a[0].Stop < b[0].Stop {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return u
}

// Clip gives the numbers of the set from lo to hi, without copying where
// nothing is cut; "*" must have been resolved before.
func (s NumSet) Clip(lo, hi uint32) NumSet {
	if lo > hi {
		return NumSet{}
	}
	i := s.search(lo)
	j := s.search(hi)
	if j < len(s.ranges) && s.ranges[j].Start <= hi {
		j++
	}
	r := s.ranges[i:max(i, j)]
	n := len(r)
	if n > 0 && (r[0].Start < lo || r[n-1].Stop > hi) {
		r = append(make([]NumRange, 0, n), r...)
		r[0].Start = max(r[0].Start, lo)
		r[n-1].Stop = min(r[n-1].Stop, hi)
	}
	return NumSet{ranges: r[:n:n]}
}

// Subtract gives the numbers of s that are not in t; "*" must have been
// resolved in both before.
func (s NumSet) Subtract(t NumSet) NumSet {
	var u NumSet
	b := t.ranges
	for _, r := range s.ranges {
		for len(b) > 0 && b[0].Stop < r.Start {
			b = b[1:]
		}
		cut := b
		for len(cut) > 0 && cut[0].Start <= r.Stop {
			if cut[0].Start > r.Start {
				u.ranges = append(u.ranges, NumRange{r.Start, cut[0].Start - 1})
			}
			if cut[0].Stop >= r.Stop {
				r.Start, r.Stop = 1, 0
				break
			}
			r.Start = cut[0].Stop + 1
			cut = cut[1:]
		}
		if r.Start <= r.Stop {
			u.ranges = append(u.ranges, r)
		}
	}
	return u
}

// Equal reports whether both sets are written the same way.
func (s NumSet) Equal(t NumSet) bool {
	if s.star != t.star || s.saved != t.saved || len(s.ranges) != len(t.ranges) {
		return false
	}
	for i, r := range s.ranges {
		if r != t.ranges[i] {
			return false
		}
	}
	return true
}
