package server

import (
	"context"
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
	found, order, err := s.findSorted(ctx, c)
	if err != nil {
		s.unsave(c)
		return done, err
	}
	w := sortWriter{order: order}
	w.searchWriter = searchWriter{s: s, uid: c.UID, found: found, buf: s.srv.fetchBuffers.get()}
	defer w.close()
	few, isFew := ends(order, p.Return)
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
func (s *session) findSorted(ctx context.Context, c *command.Sort) (found mailstore.Result, order mailstore.Order, err error) {
	q, err := s.selected.query(&c.Program.Key)
	if err != nil {
		return found, order, err
	}
	err = s.inSearchTime(ctx, func(ctx context.Context) (err error) {
		whole := c.Program
		whole.Return = imap.ReturnAll // whatever of it is wanted in its order
		if found, err = s.searchInTurn(ctx, &whole, q, mailstore.SearchOptions{}); err != nil {
			return err
		}
		if r := c.Program.Return; r&^(imap.ReturnCount|imap.ReturnSave) == 0 && r != 0 {
			return nil
		}
		order, err = s.selected.account.Sort(ctx, found, sortKeys(c.Keys))
		return err
	})
	return found, order, err
}

// sortFields are the store's names of what can be sorted by.
var sortFields = [...]mailstore.SortField{
	imap.SortArrival: mailstore.SortArrival, imap.SortCc: mailstore.SortCc, imap.SortDate: mailstore.SortDate,
	imap.SortFrom: mailstore.SortFrom, imap.SortSize: mailstore.SortSize, imap.SortSubject: mailstore.SortSubject,
	imap.SortTo: mailstore.SortTo, imap.SortDisplayFrom: mailstore.SortDisplayFrom,
	imap.SortDisplayTo: mailstore.SortDisplayTo, imap.SortModSeq: mailstore.SortModSeq, imap.SortUID: mailstore.SortUID,
}

func sortKeys(keys []imap.SortKey) []mailstore.SortKey {
	out := make([]mailstore.SortKey, len(keys))
	for i, k := range keys {
		out[i] = mailstore.SortKey{Field: sortFields[k.Field], Reverse: k.Reverse}
	}
	return out
}

// ends gives the sequence numbers of the only messages that a command asks for,
// where it asks for the first, the last or both: then "$" and MODSEQ are of them
// alone (RFC 5182 §2.1, RFC 4731 §3.2), first and last in the order of SORT (RFC
// 5267 §3.1).
func ends(o mailstore.Order, want imap.SearchReturn) (seqs []int, only bool) {
	if want&(imap.ReturnAll|imap.ReturnCount) != 0 || want&(imap.ReturnMin|imap.ReturnMax) == 0 {
		return nil, false
	}
	if o.Len() > 0 && want.Has(imap.ReturnMin) {
		seqs = append(seqs, o.Seq(0))
	}
	if o.Len() > 0 && want.Has(imap.ReturnMax) {
		seqs = append(seqs, o.Seq(o.Len()-1))
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

// numbers gives the numbers by which the messages are answered, in order.
func (w *sortWriter) numbers(yield func(uint64) bool) {
	for seq := range w.order.All() {
		if !yield(w.name(seq)) {
			return
		}
	}
}

// plain writes a SORT response (RFC 5256 §4), which stands also where nothing
// was found, with the modification sequence of RFC 7162 §3.1.9.
func (w *sortWriter) plain() {
	w.buf = append(w.buf, "* SORT"...)
	for n := range w.numbers {
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
		w.all()
	}
	if want.Has(imap.ReturnCount) {
		w.number(" COUNT ", uint64(w.found.Count()))
	}
	if w.modSeq > 0 {
		w.number(" MODSEQ ", uint64(w.modSeq))
	}
	w.buf = append(w.buf, "\r\n"...)
}

// all writes ALL: the messages in order, with a range wherever numbers rise one
// by one (RFC 5267 §3.2).
func (w *sortWriter) all() {
	separator := " ALL "
	var from, to uint64
	flush := func() {
		w.number(separator, from)
		if to > from {
			w.number(":", to)
		}
		separator = ","
		w.spill()
	}
	for n := range w.numbers {
		if from != 0 && n == to+1 {
			to = n
			continue
		}
		if from != 0 {
			flush()
		}
		from, to = n, n
	}
	flush()
}
