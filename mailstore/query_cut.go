package mailstore

import (
	"math/bits"

	"github.com/restante/restante"
)

// IsEmpty reports whether nothing was found.
func (r Result) IsEmpty() bool { return r.set.empty() }

// Cut gives what was found from the place from up to, without, the place to,
// counted from 0 in the order of the mailbox.
func (r Result) Cut(from, to int) Result {
	out := Result{snap: r.snap, set: newBitset(r.set.n), scores: r.scores}
	first, end := r.set.nth(from), r.set.nth(to)
	if first >= end {
		return out
	}
	out.set.addRange(first, end)
	out.set.and(r.set)
	return out
}

// With adds the message with a sequence number; 0 adds none.
func (r Result) With(seq int) {
	if seq > 0 {
		r.set.add(seq - 1)
	}
}

// Only gives those of the UIDs that were found.
func (r Result) Only(uids UIDSet) Result {
	out := Result{snap: r.snap, set: newBitset(r.set.n)}
	for _, u := range uids {
		first, last := r.places(u)
		out.set.addRange(first, last)
	}
	out.set.and(r.set)
	return out
}

// HasAny reports whether one of the UIDs was found. It costs what the set is
// long, and allocates nothing.
func (r Result) HasAny(uids UIDSet) bool {
	for _, u := range uids {
		first, end := r.places(u)
		if i := r.set.next(first); i >= 0 && i < end {
			return true
		}
	}
	return false
}

// drop takes the UIDs out of the result.
func (r Result) drop(uids UIDSet) {
	for _, u := range uids {
		first, end := r.places(u)
		for i := r.set.next(first); i >= 0 && i < end; i = r.set.next(i + 1) {
			r.set.words[i/64] &^= 1 << (i % 64)
		}
	}
}

// Without takes the UIDs out of a result that was kept.
func (k *Kept) Without(uids UIDSet) { k.found.drop(uids) }

// places gives where the messages of a range of UIDs stand.
func (r Result) places(u UIDRange) (first, end int) {
	if r.snap == nil || r.snap.Len() == 0 || u.First > r.snap.Last() {
		return r.set.n, r.set.n
	}
	first, end = r.snap.Below(u.First), r.snap.Len()
	if u.Last < ^restante.UID(0) {
		end = r.snap.Below(u.Last + 1)
	}
	return first, end
}

// nth is the member that has n below it, or the set's length where there are no
// more.
func (b *bitset) nth(n int) int {
	for k, w := range b.words {
		c := bits.OnesCount64(w)
		if n >= c {
			n -= c
			continue
		}
		for ; n > 0; n-- {
			w &= w - 1
		}
		return k*64 + bits.TrailingZeros64(w)
	}
	return b.n
}

// countIn counts the members in [from, to).
func (b *bitset) countIn(from, to int) int {
	n := 0
	for from < to {
		end := min(to, (from/64+1)*64)
		w := b.words[from/64] >> (from % 64)
		if size := end - from; size < 64 {
			w &= 1<<size - 1
		}
		n += bits.OnesCount64(w)
		from = end
	}
	return n
}
