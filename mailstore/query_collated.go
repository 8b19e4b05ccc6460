package mailstore

import (
	"github.com/restante/restante"
	"github.com/restante/restante/search"
)

// collatedPlan looks for a text in a header field by a comparator that the columns
// are not folded for. They find all messages that can match, for what another
// comparator finds the default one finds too; of those alone the summaries are read.
type collatedPlan struct {
	folded *textPlan
	by     search.Comparator
}

func (*collatedPlan) cost() cost { return costText }

func (p *collatedPlan) eval(s *searcher, candidates, out bitset) error {
	found, unsure := s.take(), s.take()
	defer s.give(found)
	defer s.give(unsure)
	if err := p.folded.eval(s, candidates, found); err != nil || found.empty() {
		return err
	}
	r, err := s.open()
	if err != nil {
		return err
	}
	needles, column := textNeedles(p.folded.text, p.by), p.folded.column
	var collated []byte
	err = s.eachContent(found, func(id restante.EmailID, place int) error {
		row, err := r.Summary(id)
		if err != nil {
			return err
		}
		var in bool
		collated, in = needles.in(collated, columnTexts(row)[column], !row.Undecodable(column))
		switch {
		case in:
			out.add(place)
		case row.HeaderTruncated(): // it holds a part of the text
			unsure.add(place)
		}
		return nil
	})
	if err != nil || unsure.empty() {
		return err
	}
	return (&headerPlan{field: p.folded.field, text: p.folded.text, by: p.by}).eval(s, unsure, out)
}
