package mailstore

import (
	"iter"
	"math/bits"

	"github.com/restante/restante"
)

// Result is the set of messages that a search found, by their sequence numbers
// in the snapshot that was searched.
type Result struct {
	snap   *Snapshot
	set    bitset
	scores *scores // of a fuzzy search; nil of another
}

// Score says how well the message with a sequence number matches, which was found:
// from 1 to 100, and 100 where nothing was fuzzy (RFC 6203 §4).
func (r Result) Score(seq int) int { return r.scores.of(seq - 1) }

// Snapshot is what was searched and what the sequence numbers refer to.
func (r Result) Snapshot() *Snapshot { return r.snap }

// Count is how many messages were found.
func (r Result) Count() int { return r.set.count() }

// Min is the lowest sequence number found, 0 where nothing was.
func (r Result) Min() int { return r.set.next(0) + 1 }

// Max is the highest sequence number found, 0 where nothing was.
func (r Result) Max() int { return r.set.last() + 1 }

// Has reports whether the message with that sequence number was found.
func (r Result) Has(seq int) bool { return seq > 0 && r.set.has(seq-1) }

// All gives the sequence numbers found, rising.
func (r Result) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := r.set.next(0); i >= 0; i = r.set.next(i + 1) {
			if !yield(i + 1) {
				return
			}
		}
	}
}

// Ranges gives the sequence numbers found as ranges, both ends included,
// rising and not touching one another.
func (r Result) Ranges() iter.Seq[SeqRange] {
	return func(yield func(SeqRange) bool) {
		for i := r.set.next(0); i >= 0; {
			end := r.set.nextClear(i)
			if !yield(SeqRange{First: i + 1, Last: end}) {
				return
			}
			i = r.set.next(end)
		}
	}
}

// UIDs gives the unique identifiers of what was found, rising.
func (r Result) UIDs() iter.Seq[restante.UID] {
	return func(yield func(restante.UID) bool) {
		for page, mask := range r.pages() {
			uids := page.UIDs()
			for i := range mask.each() {
				if !yield(uids[i]) {
					return
				}
			}
		}
	}
}

// UIDRanges gives the unique identifiers of what was found as ranges. Numbers
// next to each other are joined also where their messages lie in two pages.
func (r Result) UIDRanges() iter.Seq[UIDRange] {
	return func(yield func(UIDRange) bool) {
		var cur UIDRange // First 0: none yet
		for uid := range r.UIDs() {
			if cur.First != 0 && uid == cur.Last+1 {
				cur.Last = uid
				continue
			}
			if cur.First != 0 && !yield(cur) {
				return
			}
			cur = UIDRange{First: uid, Last: uid}
		}
		if cur.First != 0 {
			yield(cur)
		}
	}
}

// MaxModSeq is the highest modification sequence of what was found, 0 where
// nothing was (RFC 7162 §3.1.5).
func (r Result) MaxModSeq() restante.ModSeq {
	var highest restante.ModSeq
	for page, mask := range r.pages() {
		if page.MaxModSeq() <= highest {
			continue
		}
		modseqs := page.ModSeqs()
		for i := range mask.each() {
			highest = max(highest, modseqs[i])
		}
	}
	return highest
}

// pages gives the pages that hold something found, with what of them.
func (r Result) pages() iter.Seq2[*Page, *pageMask] {
	return func(yield func(*Page, *pageMask) bool) {
		if r.snap == nil {
			return
		}
		var mask pageMask
		for i, page := range r.snap.Pages() {
			if !r.set.page(&mask, r.snap.FirstSeq(i)-1, page.Len()) {
				continue
			}
			if !yield(page, &mask) {
				return
			}
		}
	}
}

// bitset is a set of numbers from 0 to its length.
type bitset struct {
	words []uint64
	n     int
}

func newBitset(n int) bitset { return bitset{words: make([]uint64, (n+63)/64), n: n} }

func (b *bitset) has(i int) bool { return i < b.n && b.words[i/64]>>(i%64)&1 != 0 }

func (b *bitset) add(i int) { b.words[i/64] |= 1 << (i % 64) }

// addRange adds [first, end).
func (b *bitset) addRange(first, end int) {
	first, end = max(first, 0), min(end, b.n)
	for first < end {
		to := min(end, (first/64+1)*64)
		b.words[first/64] |= (^uint64(0) >> (64 - (to - first))) << (first % 64)
		first = to
	}
}

func (b *bitset) count() int {
	n := 0
	for _, w := range b.words {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b *bitset) empty() bool {
	for _, w := range b.words {
		if w != 0 {
			return false
		}
	}
	return true
}

// first is the lowest member, -1 where there is none.
func (b *bitset) first() int { return b.next(0) }

// next is the lowest member at or above i, -1 where there is none.
func (b *bitset) next(i int) int {
	if i >= b.n {
		return -1
	}
	w := b.words[i/64] >> (i % 64)
	if w != 0 {
		return i + bits.TrailingZeros64(w)
	}
	for k := i/64 + 1; k < len(b.words); k++ {
		if b.words[k] != 0 {
			return k*64 + bits.TrailingZeros64(b.words[k])
		}
	}
	return -1
}

// nextClear is the lowest number at or above i that is no member, at most the
// set's length.
func (b *bitset) nextClear(i int) int {
	for i < b.n {
		w := ^(b.words[i/64] >> (i % 64)) // shifted in from above: zeros, so ones here
		if k := bits.TrailingZeros64(w); k < 64-i%64 {
			return min(i+k, b.n)
		}
		i = (i/64 + 1) * 64
	}
	return b.n
}

// last is the highest member, -1 where there is none.
func (b *bitset) last() int {
	for k := len(b.words) - 1; k >= 0; k-- {
		if b.words[k] != 0 {
			return k*64 + 63 - bits.LeadingZeros64(b.words[k])
		}
	}
	return -1
}

func (b *bitset) or(o bitset) {
	for i, w := range o.words {
		b.words[i] |= w
	}
}

func (b *bitset) and(o bitset) {
	for i, w := range o.words {
		b.words[i] &= w
	}
}

func (b *bitset) andNot(o bitset) {
	for i, w := range o.words {
		b.words[i] &^= w
	}
}

func (b *bitset) copy(o bitset) { copy(b.words, o.words) }

func (b *bitset) clear() { clear(b.words) }

// page fills mask with the members from first on, n of them, and reports
// whether there are any.
func (b *bitset) page(mask *pageMask, first, n int) bool {
	var any uint64
	k, shift := first/64, uint(first%64)
	for i := range mask {
		mask[i] = 0
		left := n - i*64
		if left <= 0 {
			continue
		}
		w := b.words[k+i] >> shift
		if shift > 0 && k+i+1 < len(b.words) {
			w |= b.words[k+i+1] << (64 - shift)
		}
		if left < 64 {
			w &= 1<<left - 1
		}
		mask[i] = w
		any |= w
	}
	return any != 0
}

// addPage adds what mask holds, its bit 0 being the number first.
func (b *bitset) addPage(mask *pageMask, first int) {
	k, shift := first/64, uint(first%64)
	for i, w := range mask {
		if w == 0 {
			continue
		}
		b.words[k+i] |= w << shift
		if over := w >> 1 >> (63 - shift); over != 0 {
			b.words[k+i+1] |= over
		}
	}
}

// pageMask is a set of the messages of one page, by their place in it.
type pageMask [PageSize / 64]uint64

func (m *pageMask) each() iter.Seq[int] {
	return func(yield func(int) bool) {
		for k, w := range m {
			for ; w != 0; w &= w - 1 {
				if !yield(k*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

func (m *pageMask) has(i int) bool { return m[i/64]>>(i%64)&1 != 0 }

func (m *pageMask) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}
