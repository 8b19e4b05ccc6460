package mailstore

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// headerPlan looks in the stored headers for a field that has no column, or,
// with an empty text, for whether there is such a field.
type headerPlan struct {
	field, text string
	by          search.Comparator
}

func (*headerPlan) cost() cost { return costHeader }

func (p *headerPlan) eval(s *searcher, candidates, out bitset) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	needles := textNeedles(p.text, p.by)
	var folded []byte
	return s.eachContent(candidates, func(id restante.EmailID, place int) error {
		header, err := r.Header(id)
		if err != nil {
			return err
		}
		for value, decoded := range message.HeaderTexts(header, p.field) {
			var in bool
			if folded, in = needles.in(folded, value, decoded); in {
				out.add(place)
				break
			}
		}
		return nil
	})
}

// fieldNeedles are a text to be found in header fields: by a comparator in those that
// can be decoded, as octets in others (RFC 5255 §4.6).
type fieldNeedles struct {
	by             search.Comparator
	folded, octets []byte
}

func textNeedles(text string, by search.Comparator) fieldNeedles {
	return fieldNeedles{by: by, folded: collateField(nil, []byte(text), by), octets: collateField(nil, []byte(text), search.Octet)}
}

// in reports whether a value holds the text. It folds into buf, which it gives back.
func (n *fieldNeedles) in(buf, value []byte, decoded bool) ([]byte, bool) {
	if !decoded {
		buf = collateField(buf[:0], value, search.Octet)
		return buf, bytes.Contains(buf, n.octets)
	}
	buf = collateField(buf[:0], value, n.by)
	return buf, bytes.Contains(buf, n.folded)
}

// emails gives the EmailIDs of the candidates and their places, in order of
// place.
func (s *searcher) emails(candidates bitset) iter.Seq2[restante.EmailID, int] {
	return func(yield func(restante.EmailID, int) bool) {
		for page, first := range s.pages(candidates) {
			ids := page.EmailIDs()
			for i := candidates.next(first); i >= 0 && i < first+len(ids); i = candidates.next(i + 1) {
				if !yield(ids[i-first], i) {
					return
				}
			}
		}
	}
}

// contentBatch is how many messages are sorted to be read in order.
const contentBatch = 4096

// eachContent calls f for each candidate, in the order in which contents are
// read cheapest, until ctx ends. A candidate whose content is gone is passed
// over: f answers restante.ErrExpunged.
func (s *searcher) eachContent(candidates bitset, f func(restante.EmailID, int) error) error {
	type item struct {
		id    restante.EmailID
		place int
	}
	goal, told := candidates.count(), 0
	batch := make([]item, 0, min(contentBatch, goal))
	run := func() error {
		slices.SortFunc(batch, func(a, b item) int { return cmp.Compare(a.id, b.id) })
		for _, it := range batch {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			if err := f(it.id, it.place); err != nil && !errors.Is(err, restante.ErrExpunged) {
				return err
			}
			told++
			TellProgress(s.ctx, told, goal)
		}
		batch = batch[:0]
		return nil
	}
	for id, place := range s.emails(candidates) {
		batch = append(batch, item{id, place})
		if len(batch) == contentBatch {
			if err := run(); err != nil {
				return err
			}
		}
	}
	return run()
}
