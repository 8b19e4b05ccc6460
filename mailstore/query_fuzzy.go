package mailstore

import (
	"io"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// scores are how well messages match, by place: of each the sum of what the fuzzy
// conditions gave, and how many did.
type scores struct {
	sum []uint16
	n   []uint8
}

// of is the score of a place; 100 where there are none.
func (s *scores) of(place int) int {
	if s == nil || s.n[place] == 0 {
		return 100
	}
	return max(int(s.sum[place])/int(s.n[place]), 1)
}

// score notes how well a message matches a condition.
func (s *searcher) score(place, score int) {
	if s.scores == nil {
		n := s.snap.Len()
		s.scores = &scores{sum: make([]uint16, n), n: make([]uint8, n)}
	}
	if s.scores.n[place] < 255 {
		s.scores.n[place]++
		s.scores.sum[place] += uint16(score)
	}
}

// compileFuzzy turns a query into its plan, with texts, dates and sizes matched
// fuzzily. Flags and numbers, and what stands under a NOT, are matched exactly
// (RFC 6203 §5).
func compileFuzzy(q Query, now int64) (plan, error) {
	switch q := q.(type) {
	case And:
		return compileList(fuzzied(q), now, true)
	case Or:
		return compileList(fuzzied(q), now, false)
	case Subject:
		return fuzzyField(columnSubject, q.Text), nil
	case From:
		return fuzzyField(columnFrom, q.Text), nil
	case To:
		return fuzzyField(columnTo, q.Text), nil
	case Cc:
		return fuzzyField(columnCc, q.Text), nil
	case Bcc:
		return fuzzyField(columnBcc, q.Text), nil
	case Header:
		if q.Text == "" {
			return compile(q, now)
		}
		return &fuzzyContentPlan{text: q.Text, field: q.Field}, nil
	case Body:
		return &fuzzyContentPlan{text: q.Text, body: true}, nil
	case Text:
		return &fuzzyContentPlan{text: q.Text, body: true, header: true}, nil
	case InternalDate:
		return fuzzyDays(q, now, q.Since, q.Before, func(since, before Day) Query { return InternalDate{since, before} })
	case SaveDate:
		return fuzzyDays(q, now, q.Since, q.Before, func(since, before Day) Query { return SaveDate{since, before} })
	case SentDate:
		return fuzzyDays(q, now, q.Since, q.Before, func(since, before Day) Query { return SentDate{since, before} })
	case Larger:
		return nearly(now, q, Larger{q.Size - q.Size/10}, Larger{q.Size - q.Size/4})
	case Smaller:
		return nearly(now, q, Smaller{q.Size + q.Size/10}, Smaller{q.Size + q.Size/4})
	case Fuzzy:
		return compileFuzzy(q.Query, now)
	}
	return compile(q, now)
}

func fuzzied(list []Query) []Query {
	out := make([]Query, len(list))
	for i, q := range list {
		out[i] = Fuzzy{q}
	}
	return out
}

// fuzzyDays matches days that are up to a week off.
func fuzzyDays(q Query, now int64, since, before Day, at func(since, before Day) Query) (plan, error) {
	wider := []Query{q}
	for _, by := range [...]Day{1, 2, 4, 7} {
		s, b := since, before
		if s > 0 {
			s = max(s-by, 1)
		}
		if b > 0 {
			b += by
		}
		wider = append(wider, at(s, b))
	}
	return nearly(now, wider...)
}

// nearly matches by conditions of which each matches what the one before it does
// and more, with the lower a score.
func nearly(now int64, wider ...Query) (plan, error) {
	p := make(nearPlan, len(wider))
	for i, q := range wider {
		var err error
		if p[i], err = compile(q, now); err != nil {
			return nil, err
		}
	}
	return p, nil
}

type nearPlan []plan

func (p nearPlan) cost() cost { return highestCost(p) }

func (p nearPlan) eval(s *searcher, candidates, out bitset) error {
	left, found := s.take(), s.take()
	defer func() { s.give(left); s.give(found) }()
	left.copy(candidates)
	for i, part := range p {
		found.clear()
		if err := part.eval(s, left, found); err != nil {
			return err
		}
		for place := found.next(0); place >= 0; place = found.next(place + 1) {
			s.score(place, 100-99*i/len(p))
		}
		out.or(found)
		left.andNot(found)
	}
	return nil
}

// fuzzyField looks in a header field that has a column.
func fuzzyField(column int, text string) plan {
	if text == "" {
		return compileField(column, columnFields[column], text, search.UnicodeCasemap)
	}
	return &fuzzyFieldPlan{column, text}
}

type fuzzyFieldPlan struct {
	column int
	text   string
}

func (*fuzzyFieldPlan) cost() cost { return costText }

func (p *fuzzyFieldPlan) eval(s *searcher, candidates, out bitset) error {
	uses, err := s.columnBlocks(candidates)
	if err != nil {
		return err
	}
	scan := search.NewFuzzy([]byte(p.text)).Scan()
	for id, place := range s.emails(candidates) {
		scan.Reset()
		u := uses[uint64(id)/blockSize]
		if _, err := scan.Write(u.block.fields[p.column].of(int(id % blockSize))); err != nil {
			return err
		}
		if n := scan.Score(); n > 0 {
			s.score(place, n)
			out.add(place)
		}
	}
	return s.ctx.Err()
}

// fuzzyContentPlan looks in headers, in the texts of messages, or in both. What
// stands in a text alone counts for less than what stands in a header.
type fuzzyContentPlan struct {
	text   string
	field  string // only in the header fields of that name; empty otherwise
	header bool
	body   bool
}

func (*fuzzyContentPlan) cost() cost { return costContent }

func (p *fuzzyContentPlan) eval(s *searcher, candidates, out bitset) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	f := &fuzzyScanner{plan: p, searcher: s, reader: r, scan: search.NewFuzzy([]byte(p.text)).Scan()}
	return s.eachContent(candidates, func(id restante.EmailID, place int) error {
		n, err := f.message(id)
		if n > 0 && err == nil {
			s.score(place, n)
			out.add(place)
		}
		return err
	})
}

// fuzzyScanner looks through one message after another.
type fuzzyScanner struct {
	plan     *fuzzyContentPlan
	searcher *searcher
	reader   *Reader
	scan     *search.FuzzyScan
	summary  message.Summary
	raw      [8 << 10]byte
	folded   []byte
}

// message gives a message's score, 0 where it does not match.
func (f *fuzzyScanner) message(id restante.EmailID) (int, error) {
	inHeader := 0
	if f.plan.header || f.plan.field != "" {
		header, err := f.reader.Header(id)
		if err != nil {
			return 0, err
		}
		if inHeader = f.fields(header); inHeader == 100 || !f.plan.body {
			return inHeader, nil
		}
	}
	row, err := f.reader.Summary(id)
	if err != nil {
		return 0, err
	}
	f.summary = append(f.summary[:0], row...)
	f.scan.Reset()
	for part := range f.summary.Parts() {
		if !part.IsLegible() {
			continue
		}
		if err := f.part(id, part); err != nil {
			return 0, err
		}
	}
	return max(inHeader, f.scan.Score()*4/5), nil
}

// fields gives the score of the best header field.
func (f *fuzzyScanner) fields(header []byte) int {
	best := 0
	for len(header) > 0 {
		end := fieldEnd(header)
		field := header[:end]
		header = header[end:]
		name, _, _ := strings.Cut(string(field), ":")
		if f.plan.field != "" && !strings.EqualFold(strings.TrimRight(name, " \t"), f.plan.field) {
			continue
		}
		value := field[min(len(name)+1, len(field)):]
		f.folded = foldField(f.folded[:0], message.DecodeHeader(nil, value))
		f.scan.Reset()
		_, _ = f.scan.Write(f.folded) // never fails
		best = max(best, f.scan.Score())
	}
	return best
}

// part looks in the text of one part.
func (f *fuzzyScanner) part(id restante.EmailID, part message.PartInfo) error {
	body := message.DecodeText(part, f.reader.Open(id, part.Body.Start, part.Body.Len()))
	held := 0
	for {
		if err := f.searcher.ctx.Err(); err != nil {
			return err
		}
		n, err := body.Read(f.raw[held:])
		text := f.raw[:held+n]
		cut := len(text)
		if err == nil {
			cut = search.WholeRunes(text)
		}
		f.folded = search.Fold(f.folded[:0], text[:cut])
		held = copy(f.raw[:], text[cut:])
		if _, err := f.scan.Write(f.folded); err != nil {
			return err
		}
		if err != nil {
			_, _ = f.scan.Write([]byte{'\n'}) // never fails
			return ignoreEOF(err)
		}
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
