package mailstore

import (
	"errors"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// sortUse is what a command wants of the columns of one block of EmailIDs.
type sortUse struct {
	number  uint64
	want    pageMask
	columns [sortKinds]*sortColumn
}

// sortUses are the columns that a list of messages lies in.
type sortUses struct {
	blocks map[uint64]*sortUse
	last   *sortUse
}

// of answers the block of a content, which is in the list.
func (u *sortUses) of(id restante.EmailID) *sortUse {
	if number := uint64(id) / blockSize; u.last == nil || u.last.number != number {
		u.last = u.blocks[number]
	}
	return u.last
}

// loadSorts gets the columns of some kinds for a list of messages, and makes
// what is missing in them. All kinds that a block lacks are made in one reading.
func (s *searcher) loadSorts(emails []restante.EmailID, kinds []sortKind) (*sortUses, error) {
	all := &sortUses{blocks: make(map[uint64]*sortUse)}
	var order []*sortUse
	for _, id := range emails {
		u := all.of(id)
		if u == nil {
			u = &sortUse{number: uint64(id) / blockSize}
			all.blocks[u.number] = u
			all.last = u
			order = append(order, u)
		}
		i := id % blockSize
		u.want[i>>6] |= 1 << (i & 63)
	}
	cache := &s.account.store.columns
	columns := s.columns()
	get := func() (complete bool) {
		complete = true
		for _, kind := range kinds {
			cache.getSorts(columns, kind, order)
			for _, u := range order {
				if _, n := u.columns[kind].lacks(&u.want); n > 0 {
					complete = false
				}
			}
		}
		return complete
	}
	if get() {
		return all, nil
	}
	slices.SortFunc(order, func(a, b *sortUse) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	if err := columns.lock(s.ctx); err != nil {
		return nil, err
	}
	defer columns.unlock()
	if get() { // another command has made them meanwhile
		return all, nil
	}
	builders := make([]*sortBuilder, 0, len(kinds))
	for range kinds {
		builders = append(builders, &sortBuilder{seed: s.account.store.seed})
	}
	for _, u := range order {
		if err := s.fillSorts(u, kinds, builders); err != nil {
			return nil, err
		}
		for _, kind := range kinds {
			cache.putSort(columns, u.columns[kind])
		}
	}
	return all, nil
}

// fillSorts makes what a block lacks. builders are one for each kind.
func (s *searcher) fillSorts(u *sortUse, kinds []sortKind, builders []*sortBuilder) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	var missing pageMask
	used := builders[:0:0]
	for i, kind := range kinds {
		lacks, n := u.columns[kind].lacks(&u.want)
		if n == 0 {
			continue
		}
		for k, w := range lacks {
			missing[k] |= w
		}
		builders[i].reset(kind, u.number, u.columns[kind])
		used = append(used, builders[i])
	}
	if len(used) == 0 {
		return nil
	}
	if err := s.readSorts(u.number, &missing, used); err != nil {
		return err
	}
	for _, b := range used {
		u.columns[b.column.kind] = b.finish()
	}
	return nil
}

// readSorts hands the summaries of a block to builders: all there are where many
// are missing, for they are next to one another, or those alone that are.
func (s *searcher) readSorts(number uint64, missing *pageMask, builders []*sortBuilder) error {
	snap, err := s.rows()
	if err != nil {
		return err
	}
	first := restante.EmailID(number * blockSize)
	var read pageMask
	if missing.count() >= scanFrom {
		it := snap.Scan(contentRange(kindSummary, first, first+blockSize-1))
		defer it.Close()
		for it.Next() {
			id, _, ok := keyNumber(it.Key())
			if !ok {
				continue
			}
			value := it.Value()
			for _, b := range builders {
				if !b.has(restante.EmailID(id)) {
					b.add(restante.EmailID(id), value)
				}
			}
			read[id%blockSize>>6] |= 1 << (id & 63)
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	var row []byte
	for i := range missing.each() {
		if read.has(i) {
			continue
		}
		id := first + restante.EmailID(i)
		row, err = snap.Get(summaryKey(id), row[:0])
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return err
		}
		for _, b := range builders {
			switch {
			case err != nil:
				b.miss(id)
			case !b.has(id):
				b.add(id, row)
			}
		}
	}
	return nil
}

// sortKindOf is the column that a field is compared by.
func sortKindOf(f SortField) (kind sortKind, ok bool) {
	switch f {
	case SortSubject:
		return sortSubject, true
	case SortFrom:
		return sortFrom, true
	case SortTo:
		return sortTo, true
	case SortCc:
		return sortCc, true
	case SortDisplayFrom:
		return sortDisplayFrom, true
	case SortDisplayTo:
		return sortDisplayTo, true
	}
	return 0, false
}

// sortValues gathers what the keys compare.
func (s *searcher) sortValues(l messageList, keys []SortKey) ([]sortValue, error) {
	var kinds []sortKind
	for _, k := range keys {
		if kind, ok := sortKindOf(k.Field); ok {
			if kind >= sortSubject {
				kind = kind.by(k.By)
			}
			kinds = append(kinds, kind)
		}
	}
	uses := new(sortUses)
	if len(kinds) > 0 {
		var err error
		if uses, err = s.loadSorts(l.emails, kinds); err != nil {
			return nil, err
		}
	}
	values := make([]sortValue, len(keys))
	for i, k := range keys {
		if k.Field == SortAnnotation {
			texts, err := s.annotationTexts(&l, k)
			if err != nil {
				return nil, err
			}
			values[i] = k.directed(texts)
			continue
		}
		values[i] = l.value(uses, k)
	}
	return values, nil
}

// value gathers what one key compares.
func (l *messageList) value(uses *sortUses, k SortKey) sortValue {
	switch k.Field {
	case SortArrival:
		return sortValue{numbers: l.numbers(func(p *Page, dst []uint64) { column64(p.InternalDates(), dst) })}
	case SortSize:
		return sortValue{numbers: l.numbers(func(p *Page, dst []uint64) { column64(p.Sizes(), dst) })}
	case SortModSeq:
		return sortValue{numbers: l.numbers(func(p *Page, dst []uint64) { column64(p.ModSeqs(), dst) })}
	case SortUID:
		return sortValue{numbers: l.numbers(func(p *Page, dst []uint64) { column64(p.UIDs(), dst) })}
	case SortDate:
		return sortValue{numbers: l.sentDates()}
	case SortScore:
		v := sortValue{numbers: make([]uint64, len(l.seqs))}
		for i, seq := range l.seqs {
			v.numbers[i] = orderedBits(k.Score(int(seq)))
		}
		return v
	}
	kind, _ := sortKindOf(k.Field)
	kind = kind.by(k.By)
	texts := make([][]byte, len(l.seqs))
	for i, id := range l.emails {
		texts[i] = uses.of(id).columns[kind].text.of(int(id % blockSize))
	}
	return k.directed(texts)
}

// directed gives what is compared of texts that are in the form of the key's
// comparator, or empty where there is none.
func (k *SortKey) directed(texts [][]byte) sortValue {
	none := k.By.Append(nil, nil)
	for i, text := range texts {
		if len(text) == 0 {
			text = none
		}
		if k.Inverted {
			text = inverted(text)
		}
		texts[i] = text
	}
	return sortValue{texts: texts}
}

// inverted turns a text of a column into one that compares the other way round
// with other decoded texts, and stands before those that are undecoded as it did.
// The octets of all forms of texts, 0 to 0xf4, turn into others below 0xff, which then ends the
// text: of two texts of which one begins the other, the longer comes first.
func inverted(text []byte) []byte {
	if len(text) > 0 && text[0] == undecoded {
		return append([]byte{undecoded}, text...)
	}
	out := make([]byte, len(text)+1)
	for i, c := range text {
		out[i] = undecoded - 1 - c
	}
	out[len(text)] = undecoded
	return out
}
