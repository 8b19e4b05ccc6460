package server

import (
	"slices"

	"github.com/restante/restante/imap"
)

// mayScore refuses RELEVANCY, as a return option or to sort by, in a search
// without FUZZY (RFC 6203 §4, §6).
func mayScore(p *imap.SearchProgram, keys []imap.SortKey) error {
	asked := p.Return.Has(imap.ReturnRelevancy) ||
		slices.ContainsFunc(keys, func(k imap.SortKey) bool { return k.Field == imap.SortRelevancy })
	if asked && !p.Key.Uses(imap.SearchFuzzy) {
		return imap.Bad("RELEVANCY needs a FUZZY search key")
	}
	return nil
}

// relevancy writes the scores (RFC 6203 §7, score-list): of the page where one is
// returned, else of all that was found, in its order.
func (w *searchWriter) relevancy(want imap.SearchReturn) {
	found := w.found
	if want.Has(imap.ReturnPartial) {
		found = found.Cut(w.partial.Cut(found.Count()))
	}
	w.scoreList(found.All(), found.Score)
}

// relevancy is that of a searchWriter in the order of the sort.
func (w *sortWriter) relevancy(want imap.SearchReturn) {
	from, to := 0, w.order.Len()
	if want.Has(imap.ReturnPartial) {
		from, to = w.partial.Cut(to)
	}
	w.scoreList(func(yield func(int) bool) {
		for i := from; i < to && yield(w.order.Seq(i)); i++ {
		}
	}, w.found.Score)
}

func (w *searchWriter) scoreList(seqs func(func(int) bool), score func(int) int) {
	w.buf = append(w.buf, " RELEVANCY ("...)
	first := true
	for seq := range seqs {
		if !first {
			w.buf = append(w.buf, ' ')
		}
		first = false
		w.number("", uint64(score(seq)))
		w.spill()
	}
	w.buf = append(w.buf, ')')
}
