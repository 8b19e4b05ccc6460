package imap

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// Errors of [ParseNumSet].
var (
	ErrNumSetSyntax = errors.New("not a valid sequence set")
	ErrNumSetLimit  = errors.New("sequence set has too many ranges")
)

var comma = []byte{','}

// ParseNumSet reads a sequence-set (RFC 9051 §9): numbers from 1 to 2^32-1, "*"
// and ranges joined by commas, or "$". More than maxRanges items, before they
// are coalesced, are refused with [ErrNumSetLimit]; 0 means no limit. Anything
// else that is not a set is refused with [ErrNumSetSyntax].
func ParseNumSet(b []byte, maxRanges int) (NumSet, error) {
	var s NumSet
	if len(b) == 1 && b[0] == '$' {
		return SavedResult(), nil
	}
	items := 0
	for {
		var lo, hi uint32
		var ok bool
		if lo, b, ok = seqNumber(b); !ok {
			return NumSet{}, ErrNumSetSyntax
		}
		hi = lo
		if len(b) > 0 && b[0] == ':' {
			if hi, b, ok = seqNumber(b[1:]); !ok {
				return NumSet{}, ErrNumSetSyntax
			}
		}
		if items++; maxRanges > 0 && items > maxRanges {
			return NumSet{}, ErrNumSetLimit
		}
		s.addParsed(lo, hi, b)
		if len(b) == 0 {
			break
		}
		if b[0] != ',' {
			return NumSet{}, ErrNumSetSyntax
		}
		b = b[1:]
	}
	s.ranges = coalesce(s.ranges)
	return s, nil
}

// addParsed adds one item of a set, 0 standing for "*", leaving order and
// overlaps to the end. rest is what of the set follows.
func (s *NumSet) addParsed(lo, hi uint32, rest []byte) {
	if lo == 0 || hi == 0 {
		from := max(lo, hi)
		if from == 0 {
			from = math.MaxUint32
		}
		if s.star == 0 || from < s.star {
			s.star = from
		}
		return
	}
	if lo > hi {
		lo, hi = hi, lo
	}
	if n := len(s.ranges); n > 0 && uint64(s.ranges[n-1].Stop)+1 == uint64(lo) {
		s.ranges[n-1].Stop = hi // very fragmented sets often are runs
		return
	}
	if s.ranges == nil {
		s.ranges = make([]NumRange, 0, 1+min(bytes.Count(rest, comma), 10_000))
	}
	s.ranges = append(s.ranges, NumRange{lo, hi})
}

// seqNumber reads one seq-number from the front of b; "*" is 0.
func seqNumber(b []byte) (n uint32, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == '*' {
		return 0, b[1:], true
	}
	var v uint64
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		if v = v*10 + uint64(b[i]-'0'); v > math.MaxUint32 {
			return 0, b, false
		}
		i++
	}
	return uint32(v), b[i:], v != 0
}

// Append writes the set in canonical form at the end of dst: sorted, coalesced,
// "*" last. The empty set writes nothing, which is not a legal sequence-set.
func (s NumSet) Append(dst []byte) []byte {
	if s.saved {
		return append(dst, '$')
	}
	for i, r := range s.ranges {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(r.Start), 10)
		if r.Stop != r.Start {
			dst = append(dst, ':')
			dst = strconv.AppendUint(dst, uint64(r.Stop), 10)
		}
	}
	if s.star == 0 {
		return dst
	}
	if len(s.ranges) > 0 {
		dst = append(dst, ',')
	}
	if s.star != math.MaxUint32 {
		dst = strconv.AppendUint(dst, uint64(s.star), 10)
		dst = append(dst, ':')
	}
	return append(dst, '*')
}

// String gives the set in canonical form, as [NumSet.Append] writes it.
func (s NumSet) String() string { return string(s.Append(nil)) }
