package mailstore

import (
	"errors"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/search"
)

// scanFrom is how many contents a block must lack for all of it to be read in
// one scan; fewer are read one by one.
const scanFrom = 24

// blockUse is what a search wants of one block.
type blockUse struct {
	number uint64
	want   pageMask
	block  *columnBlock
	hits   pageMask // what of the block matches
}

// columnBlocks gathers the blocks that the candidates lie in, with all of the
// candidates in them, by the number of the block.
func (s *searcher) columnBlocks(candidates bitset) (map[uint64]*blockUse, error) {
	uses := make(map[uint64]*blockUse)
	var order []*blockUse
	var use *blockUse
	for id := range s.emails(candidates) {
		number := uint64(id) / blockSize
		if use == nil || use.number != number {
			if use = uses[number]; use == nil {
				use = &blockUse{number: number}
				uses[number] = use
				order = append(order, use)
			}
		}
		i := id % blockSize
		use.want[i>>6] |= 1 << (i & 63)
	}
	slices.SortFunc(order, func(a, b *blockUse) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	return uses, s.loadBlocks(order)
}

// loadBlocks gets the blocks from the account's columns and builds what is
// missing in them.
func (s *searcher) loadBlocks(uses []*blockUse) error {
	cache := &s.account.store.columns
	columns := s.columns()
	cache.get(columns, uses)
	if !lacking(uses) {
		return nil
	}
	if err := columns.lock(s.ctx); err != nil {
		return err
	}
	defer columns.unlock()
	cache.get(columns, uses) // another search may have built them meanwhile
	builder := new(columnBuilder)
	for i, u := range uses {
		TellProgress(s.ctx, i*blockSize, len(uses)*blockSize)
		missing, n := u.block.lacks(&u.want)
		if n == 0 {
			continue
		}
		if err := s.ctx.Err(); err != nil {
			return err
		}
		builder.reset(u.number, u.block)
		if err := s.fill(builder, &missing, n); err != nil {
			return err
		}
		u.block = builder.finish()
		cache.put(columns, u.block)
	}
	return nil
}

func lacking(uses []*blockUse) bool {
	for _, u := range uses {
		if _, n := u.block.lacks(&u.want); n > 0 {
			return true
		}
	}
	return false
}

// fill adds the missing contents to a block.
func (s *searcher) fill(b *columnBuilder, missing *pageMask, n int) error {
	snap, err := s.rows()
	if err != nil {
		return err
	}
	first := restante.EmailID(b.block.number * blockSize)
	if n >= scanFrom {
		if err := fillByScan(b, snap, first); err != nil {
			return err
		}
	}
	var row []byte
	for i := range missing.each() {
		if b.block.have.has(i) {
			continue
		}
		id := first + restante.EmailID(i)
		row, err = snap.Get(summaryKey(id), row[:0])
		switch {
		case errors.Is(err, kv.ErrNotFound):
			b.miss(id)
		case err != nil:
			return err
		default:
			b.add(id, row)
		}
	}
	return nil
}

// fillByScan adds every content of the block.
func fillByScan(b *columnBuilder, snap kv.Snapshot, first restante.EmailID) error {
	it := snap.Scan(contentRange(kindSummary, first, first+blockSize-1))
	defer it.Close()
	for it.Next() {
		if id, _, ok := keyNumber(it.Key()); ok && !b.block.have.has(int(id%blockSize)) {
			b.add(restante.EmailID(id), it.Value())
		}
	}
	return it.Err()
}

// textPlan looks for a substring of a header field that has a column.
type textPlan struct {
	column int
	field  string
	text   string // not empty
}

func (*textPlan) cost() cost { return costText }

func (p *textPlan) eval(s *searcher, candidates, out bitset) error {
	needle, octets := foldField(nil, []byte(p.text)), collateField(nil, []byte(p.text), search.Octet)
	uses, err := s.columnBlocks(candidates)
	if err != nil {
		return err
	}
	truncated := false
	for _, u := range uses {
		if u.want.count() < scanFrom {
			u.block.fields[p.column].findEach(needle, &u.want, &u.hits)
		} else {
			u.block.fields[p.column].find(needle, &u.hits)
		}
		u.block.fields[p.column].findOctets(octets, &u.block.octets[p.column], &u.hits)
		for i := range u.hits {
			truncated = truncated || u.block.truncated[i]&u.want[i]&^u.hits[i] != 0
		}
	}
	s.fromBlocks(uses, candidates, out, func(u *blockUse, i int) bool { return u.hits.has(i) })
	if !truncated {
		return s.ctx.Err()
	}
	// Of a header that was too long to be kept whole, the column holds a part.
	unsure := s.take()
	defer s.give(unsure)
	s.fromBlocks(uses, candidates, unsure, func(u *blockUse, i int) bool {
		return u.block.truncated.has(i) && !u.hits.has(i)
	})
	return (&headerPlan{field: p.field, text: p.text}).eval(s, unsure, out)
}

// fromBlocks adds to out the candidates whose content matches in its block.
func (s *searcher) fromBlocks(uses map[uint64]*blockUse, candidates, out bitset, match func(*blockUse, int) bool) {
	var use *blockUse
	for id, place := range s.emails(candidates) {
		if number := uint64(id) / blockSize; use == nil || use.number != number {
			use = uses[number]
		}
		if match(use, int(id%blockSize)) {
			out.add(place)
		}
	}
}
