package imap

import "strconv"

// PartialRange is the partial-range of RFC 9394 §4: which of the messages that
// a command found are wanted, by their place among them. The places count from
// 1, FromEnd from the last one back. A and B are positive and come in the order
// in which the client gave them, which means nothing but is told back. The zero
// value is none.
type PartialRange struct {
	A, B    uint32
	FromEnd bool
}

// IsZero reports whether there is no range.
func (p PartialRange) IsZero() bool { return p.A == 0 }

// Reach is the farthest place of the range: how many messages have to be known,
// from the first one on or from the last one back, to answer it.
func (p PartialRange) Reach() int { return int(max(p.A, p.B)) }

// Cut gives the places of n results that are in the range, counted from 0, as
// the half-open interval [from, to); it is empty where the range lies beyond
// them (RFC 9394 §3.1).
func (p PartialRange) Cut(n int) (from, to int) {
	first, last := int64(min(p.A, p.B)), int64(max(p.A, p.B))
	lo, hi := first-1, last
	if p.FromEnd {
		lo, hi = int64(n)-last, int64(n)-first+1
	}
	lo, hi = max(lo, 0), min(hi, int64(n))
	if lo >= hi {
		return 0, 0
	}
	return int(lo), int(hi)
}

// Append writes the range as the client gave it: "1:100" or "-1:-100".
func (p PartialRange) Append(dst []byte) []byte {
	for i, n := range [...]uint32{p.A, p.B} {
		if i > 0 {
			dst = append(dst, ':')
		}
		if p.FromEnd {
			dst = append(dst, '-')
		}
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	return dst
}

// String is the range as the client gave it.
func (p PartialRange) String() string { return string(p.Append(nil)) }
