package mailstore

// collatedPlan looks for a text in a header field by a comparator that the columns
// are not folded for. They find all messages that can match, for what another
// comparator finds the default one finds too; of those alone the headers are read.
type collatedPlan struct {
	folded *textPlan
	exact  *headerPlan
}

func (*collatedPlan) cost() cost { return costText }

func (p *collatedPlan) eval(s *searcher, candidates, out bitset) error {
	found := s.take()
	defer s.give(found)
	if err := p.folded.eval(s, candidates, found); err != nil {
		return err
	}
	if found.empty() {
		return nil
	}
	return p.exact.eval(s, found, out)
}
