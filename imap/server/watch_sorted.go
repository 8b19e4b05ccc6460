package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// newSortedWatch is newWatch for a SORT. One whose order changes with messages
// that stay in the result, and one of very many messages, is not watched; other
// searches still may be (RFC 5267 §4.3.1).
func (s *session) newSortedWatch(p *imap.SearchProgram, keys []mailstore.SortKey, uid bool) (*watch, error) {
	w, err := s.newWatch(p, uid, true)
	if w != nil && !mailstore.Steady(keys) {
		s.noUpdate(s.tag, "Updates of such an order are not told")
		return nil, nil
	}
	return w, err
}

// watchSorted adds the order to a watch, whose search has been done.
func (s *session) watchSorted(w *watch, order mailstore.Order, keys []mailstore.SortKey) {
	n := order.Len()
	for _, o := range s.selected.watches {
		if o.sorted != nil {
			n += o.sorted.Len()
		}
	}
	if n > s.srv.limits.SortedMessages {
		s.unwatch([]string{w.tag})
		s.noUpdate(w.tag, "Too many messages are sorted to tell updates")
		return
	}
	w.sorted = mailstore.NewSorted(order, keys)
}

// tellSorted writes an ESEARCH response with where in the order messages are taken
// out and put in (RFC 5267 §4.3.3, §4.3.4). Messages in both are in neither.
func (s *session) tellSorted(ctx context.Context, w *watch, c mailstore.Change) error {
	removed := w.sorted.Remove(savedUIDs(c.Removed))
	var added []mailstore.Place
	if !c.Added.IsEmpty() {
		var err error
		if added, err = s.selected.account.Insert(ctx, w.sorted, c.Added); err != nil {
			return err
		}
	}
	snap := c.Added.Snapshot()
	if snap == nil {
		snap = c.Removed.Snapshot()
	}
	o := searchWriter{s: s, uid: w.uid, buf: s.srv.scratch.Get(spillSize)}
	defer o.close()
	o.correlator(w.tag)
	o.places(snap, " REMOVEFROM ", removed, 0)
	o.places(snap, " ADDTO ", added, 1)
	o.buf = append(o.buf, "\r\n"...)
	return o.end()
}

// places writes pairs of a context position, which counts from 1, and the messages
// there: those that are put in one behind the other, or taken out from one place.
// step is by how much the place moves from one to the next.
func (w *searchWriter) places(snap *mailstore.Snapshot, word string, list []mailstore.Place, step int) {
	if len(list) == 0 {
		return
	}
	w.buf = append(append(w.buf, word...), '(')
	for i := 0; i < len(list); {
		end := i + 1
		for end < len(list) && list[end].At == list[end-1].At+step {
			end++
		}
		if i > 0 {
			w.buf = append(w.buf, ' ')
		}
		w.number("", uint64(list[i].At+1))
		w.buf = append(w.buf, ' ')
		w.inOrder(snap, list[i:end])
		i = end
	}
	w.buf = append(w.buf, ')')
}

// inOrder writes messages as a sequence-set in their order, with a range where
// numbers rise one by one (RFC 5267 §3.2).
func (w *searchWriter) inOrder(snap *mailstore.Snapshot, list []mailstore.Place) {
	for i := 0; i < len(list); {
		first := w.nameOf(snap, list[i])
		last := first
		k := i + 1
		for ; k < len(list) && w.nameOf(snap, list[k]) == last+1; k++ {
			last++
		}
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.number("", first)
		if last > first {
			w.number(":", last)
		}
		w.spill()
		i = k
	}
}

// nameOf gives the number by which a message is told.
func (w *searchWriter) nameOf(snap *mailstore.Snapshot, p mailstore.Place) uint64 {
	if w.uid {
		return uint64(p.UID)
	}
	seq, _ := snap.SeqOf(p.UID)
	return uint64(seq)
}
