package mailstore

// presencePlan finds the messages that have a header field which has a column. One that
// is there may be empty: only where the column has nothing the headers are read.
type presencePlan struct {
	column int
	field  string
}

func (*presencePlan) cost() cost { return costHeader }

func (p *presencePlan) eval(s *searcher, candidates, out bitset) error {
	uses, err := s.columnBlocks(candidates)
	if err != nil {
		return err
	}
	s.fromBlocks(uses, candidates, out, func(u *blockUse, i int) bool { return len(u.block.fields[p.column].of(i)) > 0 })
	empty := s.take()
	defer s.give(empty)
	s.fromBlocks(uses, candidates, empty, func(u *blockUse, i int) bool { return len(u.block.fields[p.column].of(i)) == 0 })
	if empty.empty() {
		return nil
	}
	return (&headerPlan{field: p.field}).eval(s, empty, out)
}
