package server

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// sort handles SORT and UID SORT (RFC 5256 §3, RFC 5267 §3, RFC 5957, RFC 7162
// §3.1.9). The charset must stand and so may after ENABLE UTF8=ACCEPT.
func (s *session) sort(ctx context.Context, c *command.Sort) (imap.StatusResponse, error) {
	p := &c.Program
	if err := s.beginSearch(ctx, c.UID, p); err != nil {
		return done, err
	}
	if err := mayScore(p, c.Keys); err != nil {
		return done, err
	}
	if err := s.refuseSort(&p.Key, c.Keys); err != nil {
		return done, err
	}
	keys := sortKeys(c.Keys, s.collation)
	watch, err := s.newSortedWatch(p, keys, c.UID)
	if err != nil {
		return done, err
	}
	found, order, err := s.findSorted(ctx, c, watch)
	if err != nil {
		return done, err
	}
	w := sortWriter{order: order}
	w.searchWriter = searchWriter{s: s, uid: c.UID, found: found, partial: p.Partial, buf: s.srv.scratch.Get(spillSize)}
	defer w.close()
	few, isFew := returned(order, p)
	if p.Return.Has(imap.ReturnSave) {
		s.selected.saved = savedUIDs(found)
		if isFew {
			s.selected.saved = uidsOf(order.Snapshot(), few)
		}
	}
	if p.Key.Uses(imap.SearchModSeq) {
		w.modSeq = found.MaxModSeq()
		if isFew {
			w.modSeq = maxModSeq(order.Snapshot(), few)
		}
	}
	if p.Extended {
		w.extended(p.Return)
	} else {
		w.plain()
	}
	return done, w.end()
}

// findSorted runs a search over what the client was shown and sorts what it
// finds; not where the order is not asked for.
func (s *session) findSorted(ctx context.Context, c *command.Sort, w *watch) (found mailstore.Result, order mailstore.Order, err error) {
	q, err := s.selected.query(&c.Program.Key)
	if err != nil {
		return found, order, err
	}
	var key string
	if w == nil {
		key = s.orderKey(c)
		if k := s.keptUnder(key); k != nil {
			return k.found, k.order, nil
		}
	}
	err = s.inSearchTime(ctx, func(ctx context.Context) (err error) {
		whole := c.Program
		whole.Return = imap.ReturnAll // whatever of it is wanted in its order
		found, err = s.inTurn(ctx, &whole.Key, func() (mailstore.Result, error) {
			if w != nil {
				return s.findWatched(ctx, &whole, w)
			}
			return s.selected.account.Search(ctx, s.selected.view.Shown(), q, mailstore.SearchOptions{})
		})
		if err != nil {
			return err
		}
		if r := c.Program.Return; r&^(imap.ReturnCount|imap.ReturnSave|imap.ReturnContext) == 0 && r != 0 {
			return nil
		}
		keys := sortKeys(c.Keys, s.collation)
		scored(keys, found)
		if order, err = s.selected.account.Sort(ctx, found, keys); err != nil {
			if w != nil {
				s.unwatch([]string{w.tag})
			}
			return err
		}
		if w != nil {
			s.watchSorted(w, order, keys)
		} else if key != "" {
			s.keepOrder(key, found, order)
		}
		return nil
	})
	return found, order, err
}

// sortFields are the store's names of what can be sorted by.
var sortFields = [...]mailstore.SortField{
	imap.SortArrival: mailstore.SortArrival, imap.SortCc: mailstore.SortCc, imap.SortDate: mailstore.SortDate,
	imap.SortFrom: mailstore.SortFrom, imap.SortSize: mailstore.SortSize, imap.SortSubject: mailstore.SortSubject,
	imap.SortTo: mailstore.SortTo, imap.SortDisplayFrom: mailstore.SortDisplayFrom,
	imap.SortDisplayTo: mailstore.SortDisplayTo, imap.SortModSeq: mailstore.SortModSeq, imap.SortUID: mailstore.SortUID,
	imap.SortAnnotation: mailstore.SortAnnotation, imap.SortRelevancy: mailstore.SortScore,
}

// scored gives the keys the scores of a fuzzy search. The highest comes first,
// unless that is reversed (RFC 6203 §6).
func scored(keys []mailstore.SortKey, found mailstore.Result) {
	for i := range keys {
		if keys[i].Field == mailstore.SortScore {
			keys[i].Reverse = !keys[i].Reverse
			keys[i].Score = func(seq int) int64 { return int64(found.Score(seq)) }
		}
	}
}

func sortKeys(keys []imap.SortKey, c collation) []mailstore.SortKey {
	out := make([]mailstore.SortKey, len(keys))
	for i, k := range keys {
		out[i] = mailstore.SortKey{Field: sortFields[k.Field], Reverse: k.Reverse, By: c.by, Inverted: c.inverted, Entry: k.Entry, Shared: k.Shared}
	}
	return out
}

// returned gives the sequence numbers of the only messages that a command asks
// for, where it asks for the first, the last, a page of them, or several of
// these, in the order of SORT (RFC 5267 §3.1, §4.4): then "$" and MODSEQ are of
// them alone (RFC 5182 §2.1, RFC 4731 §3.2, RFC 9394 §3.2).
func returned(o mailstore.Order, p *imap.SearchProgram) (seqs []int, only bool) {
	want, n := p.Return, o.Len()
	if want&(imap.ReturnAll|imap.ReturnCount) != 0 || want&(imap.ReturnMin|imap.ReturnMax|imap.ReturnPartial) == 0 {
		return nil, false
	}
	if n > 0 && want.Has(imap.ReturnMin) {
		seqs = append(seqs, o.Seq(0))
	}
	if n > 0 && want.Has(imap.ReturnMax) {
		seqs = append(seqs, o.Seq(n-1))
	}
	if want.Has(imap.ReturnPartial) {
		for from, to := p.Partial.Cut(n); from < to; from++ {
			seqs = append(seqs, o.Seq(from))
		}
	}
	return seqs, true
}

// uidsOf gives the UIDs of messages.
func uidsOf(snap *mailstore.Snapshot, seqs []int) mailstore.UIDSet {
	set := mailstore.UIDSet{}
	for _, seq := range slices.Sorted(slices.Values(seqs)) {
		uid := snap.UIDAt(seq)
		set = set.AddRange(mailstore.UIDRange{First: uid, Last: uid})
	}
	return set
}

// maxModSeq gives the highest modification sequence of messages.
func maxModSeq(snap *mailstore.Snapshot, seqs []int) (highest restante.ModSeq) {
	for _, seq := range seqs {
		highest = max(highest, snap.At(seq).ModSeq)
	}
	return highest
}

// sortWriter writes the answer to a sort.
type sortWriter struct {
	searchWriter
	order mailstore.Order
}

// numbers gives the numbers by which the messages at places from to to-1 are
// answered, in order.
func (w *sortWriter) numbers(from, to int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for ; from < to; from++ {
			if !yield(w.name(w.order.Seq(from))) {
				return
			}
		}
	}
}

// plain writes a SORT response (RFC 5256 §4), which stands also where nothing
// was found, with the modification sequence of RFC 7162 §3.1.9.
func (w *sortWriter) plain() {
	w.buf = append(w.buf, "* SORT"...)
	for n := range w.numbers(0, w.order.Len()) {
		w.buf = strconv.AppendUint(append(w.buf, ' '), n, 10)
		w.spill()
	}
	if w.modSeq > 0 {
		w.number(" (MODSEQ ", uint64(w.modSeq))
		w.buf = append(w.buf, ')')
	}
	w.buf = append(w.buf, "\r\n"...)
}

// extended writes an ESEARCH response with what was asked for (RFC 5267 §3.1).
// SAVE alone has none.
func (w *sortWriter) extended(want imap.SearchReturn) {
	if want == imap.ReturnSave {
		return
	}
	w.correlator(w.s.tag)
	n := w.order.Len()
	if want.Has(imap.ReturnMin) && n > 0 {
		w.number(" MIN ", w.name(w.order.Seq(0)))
	}
	if want.Has(imap.ReturnMax) && n > 0 {
		w.number(" MAX ", w.name(w.order.Seq(n-1)))
	}
	if want.Has(imap.ReturnAll) && n > 0 {
		w.buf = append(w.buf, " ALL "...)
		w.ordered(0, n)
	}
	if want.Has(imap.ReturnPartial) {
		w.page()
	}
	w.totals(want, w.relevancy)
}

// page writes PARTIAL: the range as it was asked for and what of the messages in
// order is in it, or NIL (RFC 5267 §4.4, RFC 9394 §4).
func (w *sortWriter) page() {
	w.buf = append(w.partial.Append(append(w.buf, " PARTIAL ("...)), ' ')
	if from, to := w.partial.Cut(w.order.Len()); from < to {
		w.ordered(from, to)
	} else {
		w.buf = append(w.buf, "NIL"...)
	}
	w.buf = append(w.buf, ')')
}

// ordered writes the messages at places from to to-1, at least one, in order,
// with a range wherever numbers rise one by one (RFC 5267 §3.2).
func (w *sortWriter) ordered(from, to int) {
	separator := ""
	var first, last uint64
	flush := func() {
		w.number(separator, first)
		if last > first {
			w.number(":", last)
		}
		separator = ","
		w.spill()
	}
	for n := range w.numbers(from, to) {
		if first != 0 && n == last+1 {
			last = n
			continue
		}
		if first != 0 {
			flush()
		}
		first, last = n, n
	}
	flush()
}
