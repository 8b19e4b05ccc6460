package mailstore

import (
	"context"
)

// Kept is the result of a search that is kept while its mailbox changes, so that
// the next look at it costs what changed and not the mailbox. It may be decided
// for a part of the messages only, from both ends inwards, for searches of which
// a page is wanted. The zero value is of a search that was not begun. It belongs
// to one goroutine.
type Kept struct {
	found     Result
	low, high int   // places in [0, low) and [high, n) are decided
	now       int64 // when, in seconds since 1970; for queries by age
}

// Result is what is known to match, in the snapshot of the last [Account.Renew].
// Of a search that is decided in part it holds the matches of that part.
func (k *Kept) Result() Result { return k.found }

// Clone gives a copy that goes its own ways.
func (k *Kept) Clone() *Kept {
	c := *k
	c.found.set = newBitset(k.found.set.n)
	c.found.set.copy(k.found.set)
	return &c
}

// Whole reports whether all messages are decided.
func (k *Kept) Whole() bool { return k.low >= k.high }

// Change is how a result differs from an earlier one. Both sets are of messages
// that both snapshots hold or that are new, by their sequence numbers in the
// later one; messages that are gone are in neither.
type Change struct{ Added, Removed Result }

// Empty reports whether nothing changed.
func (c Change) Empty() bool { return c.Added.IsEmpty() && c.Removed.IsEmpty() }

// Renew brings k, a result of q, to the snapshot s. Only messages that are new
// or changed are looked at, of those only the ones on which the change can bear,
// and none where k had not been decided. Messages whose UID is in gone do not
// match. It stops with the context's error when ctx ends, and k is then as
// before.
func (a *Account) Renew(ctx context.Context, k *Kept, s *Snapshot, q Query, gone UIDSet) (Change, error) {
	if k.found.snap == nil {
		*k = Kept{found: Result{snap: s, set: newBitset(s.Len())}, high: s.Len(), now: a.store.now().Unix()}
		return Change{}, nil
	}
	d := dependenceOf(q)
	if d.fixed() && len(gone) == 0 && samePages(k.found.snap, s) {
		k.found.snap = s
		return Change{}, nil
	}
	next := Kept{now: a.store.now().Unix()}
	next.low, next.high = k.bounds(s)
	carried, fresh := k.found.carry(s, d.row)
	if d.others {
		fresh.addRange(0, fresh.n)
	}
	set := newBitset(s.Len())
	set.copy(carried)
	found, err := a.decide(ctx, s, q, &next, fresh, k.now)
	if err != nil {
		return Change{}, err
	}
	set.andNot(fresh)
	set.or(found)
	next.found = Result{snap: s, set: set}
	next.found.drop(gone)
	*k = next
	added, removed := newBitset(s.Len()), carried
	added.copy(set)
	added.andNot(carried)
	removed.andNot(set)
	return Change{Added: Result{snap: s, set: added}, Removed: Result{snap: s, set: removed}}, nil
}

// decide evaluates q on the fresh messages that lie where next is decided. It
// adds to fresh those that have come of age since then.
func (a *Account) decide(ctx context.Context, s *Snapshot, q Query, next *Kept, fresh bitset, then int64) (bitset, error) {
	r := &searcher{ctx: ctx, account: a, snap: s}
	defer r.close()
	if next.now != then {
		if err := r.aged(q, then, next.now, fresh); err != nil {
			return bitset{}, err
		}
	}
	if next.low < next.high {
		decided := r.take()
		decided.addRange(0, next.low)
		decided.addRange(next.high, decided.n)
		fresh.and(decided)
		r.give(decided)
	}
	found := newBitset(s.Len())
	if fresh.empty() {
		return found, nil
	}
	p, err := compile(q, next.now)
	if err != nil {
		return bitset{}, err
	}
	return found, p.eval(r, fresh, found)
}

// Reach decides further messages of k, a result of q, until its first and its
// last so many matches are known, or all messages are decided.
func (a *Account) Reach(ctx context.Context, k *Kept, q Query, first, last int) error {
	p, err := compile(q, k.now)
	if err != nil {
		return err
	}
	s := k.found.snap
	r := &searcher{ctx: ctx, account: a, snap: s}
	defer r.close()
	n := s.Len()
	for size := firstWindow; k.low < k.high && k.found.set.countIn(0, k.low) < first; size *= 2 {
		end := min(k.low+size, k.high)
		if err := r.part(p, k.low, end, k.found.set); err != nil {
			return err
		}
		k.low = end
	}
	for size := firstWindow; k.low < k.high && k.found.set.countIn(k.high, n) < last; size *= 2 {
		from := max(k.high-size, k.low)
		if err := r.part(p, from, k.high, k.found.set); err != nil {
			return err
		}
		k.high = from
	}
	return nil
}

// part adds to out what matches of the places [from, to).
func (s *searcher) part(p plan, from, to int, out bitset) error {
	candidates, found := s.take(), s.take()
	defer func() { s.give(candidates); s.give(found) }()
	candidates.addRange(from, to)
	if err := p.eval(s, candidates, found); err != nil {
		return err
	}
	out.or(found)
	return nil
}

// bounds gives up to where and from where the messages of another snapshot are
// decided: those outside of the two messages between which nothing was.
func (k *Kept) bounds(s *Snapshot) (low, high int) {
	if k.Whole() {
		return s.Len(), s.Len()
	}
	old := k.found.snap
	low = s.Below(old.UIDAt(k.low + 1))
	if k.high == old.Len() {
		return low, s.Len()
	}
	return low, max(low, s.Below(old.UIDAt(k.high+1)))
}
