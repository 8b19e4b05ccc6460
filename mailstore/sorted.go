package mailstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/restante/restante"
)

// Sorted is an order of messages that is kept while their mailbox changes, so
// that a new message costs finding its place and not another sort. It belongs to
// one goroutine.
type Sorted struct {
	keys []SortKey
	uids []restante.UID
}

// Place is where in an order a message stands, or stood, counted from 0.
type Place struct {
	At  int
	UID restante.UID
}

// NewSorted keeps an order that Sort has made by the keys.
func NewSorted(o Order, keys []SortKey) *Sorted {
	return &Sorted{keys: keys, uids: slices.Collect(o.UIDs())}
}

// Steady reports whether an order by the keys stays as it is while messages
// change: not by their modification sequence, an annotation or a score.
func Steady(keys []SortKey) bool {
	return !slices.ContainsFunc(keys, func(k SortKey) bool {
		return k.Field == SortModSeq || k.Field == SortAnnotation || k.Field == SortScore
	})
}

// Len is the number of messages.
func (s *Sorted) Len() int { return len(s.uids) }

// UIDs are the messages in order; not to be changed.
func (s *Sorted) UIDs() []restante.UID { return s.uids }

// Remove takes messages out. The places are those at which the client of the
// order finds them, one removed after another. UIDs that are not in the order
// are passed over.
func (s *Sorted) Remove(gone UIDSet) []Place {
	var places []Place
	left := s.uids[:0]
	for _, uid := range s.uids {
		if gone.Contains(uid) {
			places = append(places, Place{At: len(left), UID: uid})
			continue
		}
		left = append(left, uid)
	}
	s.uids = left
	return places
}

// Insert puts in messages that are not in the order, all of which snap holds
// with those that are. The places are those at which the client of the order
// puts them, one after another. Errors and ctx are as for Sort; with an error
// the order is as before.
func (a *Account) Insert(ctx context.Context, s *Sorted, added Result) ([]Place, error) {
	order, err := a.Sort(ctx, added, s.keys)
	if err != nil {
		return nil, err
	}
	c := &comparer{searcher: searcher{ctx: ctx, account: a, snap: added.snap}, keys: s.keys}
	defer c.close()
	var places []Place
	from := 0 // before which no other is put in
	for uid := range order.UIDs() {
		at, err := c.below(s.uids[from:], uid)
		if err != nil {
			return nil, err
		}
		from += at
		places = append(places, Place{At: from + len(places), UID: uid})
	}
	s.insert(places)
	return places, nil
}

// insert puts messages in at their places, which rise.
func (s *Sorted) insert(places []Place) {
	n := len(s.uids)
	s.uids = slices.Grow(s.uids, len(places))[:n+len(places)]
	for i := len(places) - 1; i >= 0; i-- {
		at, from := places[i].At, places[i].At-i
		copy(s.uids[at+1:], s.uids[from:n])
		s.uids[at], n = places[i].UID, from
	}
}

// comparer compares messages of a snapshot two by two.
type comparer struct {
	searcher
	keys []SortKey
}

// below is how many messages of an order stand before another one.
func (c *comparer) below(order []restante.UID, uid restante.UID) (int, error) {
	var failed error
	at, _ := slices.BinarySearchFunc(order, uid, func(x, uid restante.UID) int {
		order, err := c.compare(x, uid)
		failed = cmp.Or(failed, err)
		return order
	})
	return at, failed
}

// compare says which of two messages stands before the other. One that the
// snapshot does not hold is taken by its UID alone.
func (c *comparer) compare(x, y restante.UID) (int, error) {
	byUID := cmp.Compare(x, y)
	l := messageList{snap: c.snap}
	for _, uid := range [...]restante.UID{min(x, y), max(x, y)} {
		seq, ok := c.snap.SeqOf(uid)
		if !ok {
			return byUID, nil
		}
		l.seqs = append(l.seqs, uint32(seq))
		l.emails = append(l.emails, c.snap.At(seq).EmailID)
	}
	values, err := c.sortValues(l, c.keys)
	if err != nil {
		return 0, err
	}
	for i, k := range c.keys {
		v := &values[i]
		var order int
		if v.numbers != nil {
			order = cmp.Compare(v.numbers[0], v.numbers[1])
		} else {
			order = bytes.Compare(v.texts[0], v.texts[1])
		}
		if order *= byUID; order == 0 { // of x and y: the lower UID is the first value
			continue
		}
		// byUID is -1 where x is the first value.
		if order = -order; k.Reverse {
			order = -order
		}
		return order, nil
	}
	return byUID, nil
}
