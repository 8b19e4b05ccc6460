package mailstore

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/search"
)

// plan is one condition of a query in the form that is evaluated.
//
// A search keeps the set of candidates, at first all messages, and hands it
// down: each condition looks only at the messages that those before it left
// undecided. Conditions stand cheapest first, so a text is looked for in few
// messages, and an AND that has nothing left ends.
type plan interface {
	// eval adds to out, which is empty, the candidates that match.
	eval(s *searcher, candidates, out bitset) error
	// cost says about what a message costs, to order by.
	cost() cost
}

type cost int

const (
	costNone    cost = iota // whole ranges at once
	costFlag                // a table look-up
	costColumn              // a comparison
	costSent                // the account's header columns
	costText                // the account's header columns, searched
	costHeader              // the stored header
	costContent             // the message
)

// compile turns a query into its plan. The snapshot is for what depends on the
// mailbox; now is in seconds since 1970.
func compile(q Query, now int64) (plan, error) {
	switch q := q.(type) {
	case nil, All:
		return everything{}, nil
	case And:
		return compileList(q, now, true)
	case Or:
		return compileList(q, now, false)
	case Fuzzy:
		return compileFuzzy(q.Query, now)
	case Not:
		p, err := compile(q.Query, now)
		if err != nil {
			return nil, err
		}
		switch p := p.(type) {
		case notPlan:
			return p.of, nil
		case *contentPlan:
			return p.negated(), nil
		}
		return notPlan{p}, nil
	case Annotated:
		return compileAnnotated(q), nil
	case UIDs:
		return uidPlan(q.Set), nil
	case Seqs:
		return seqPlan(q), nil
	case SentDate:
		return sentDays(q.Since, q.Before), nil
	case Subject:
		return compileField(columnSubject, "Subject", q.Text, q.By), nil
	case From:
		return compileField(columnFrom, "From", q.Text, q.By), nil
	case To:
		return compileField(columnTo, "To", q.Text, q.By), nil
	case Cc:
		return compileField(columnCc, "Cc", q.Text, q.By), nil
	case Bcc:
		return compileField(columnBcc, "Bcc", q.Text, q.By), nil
	case Header:
		return compileHeader(q), nil
	case Body:
		return compileContent(q.Text, false, q.By), nil
	case Text:
		return compileContent(q.Text, true, q.By), nil
	}
	if p, err := compileThreads(q, now); p != nil || err != nil {
		return p, err
	}
	if p := compileLabels(q); p != nil {
		return p, nil
	}
	return compilePages(q, now)
}

// compilePages compiles the queries that each page answers for itself.
func compilePages(q Query, now int64) (plan, error) {
	switch q := q.(type) {
	case HasFlag:
		return &flagPlan{flag: q.Flag}, nil
	case Larger:
		return sizesOver(q.Size), nil
	case Smaller:
		if q.Size <= 0 {
			return nothing{}, nil
		}
		return notPlan{sizesOver(q.Size - 1)}, nil
	case InternalDate:
		return internalDays(q.Since, q.Before), nil
	case SaveDate:
		return dayPlan((*Page).SaveDates, (*Page).SaveZones, q.Since, q.Before), nil
	case Within:
		from, to := int64(math.MinInt64), int64(math.MaxInt64)
		if q.Younger > 0 {
			from = now - int64(q.Younger)
		}
		if q.Older > 0 {
			to = now - int64(q.Older) + 1
		}
		return withinPlan(from, to), nil
	case ModSeq:
		return modseqPlan(q.Since), nil
	case Emails:
		return idPlan((*Page).EmailIDs, []restante.EmailID(q)), nil
	case Thread:
		return idPlan((*Page).ThreadIDs, []restante.ThreadID(q)), nil
	}
	return nil, fmt.Errorf("mailstore: unknown query %T: %w", q, restante.ErrInvalid)
}

// compileList compiles an And or an Or. Conditions on message texts are made
// into one, so that each message is opened once for all of them.
func compileList(list []Query, now int64, and bool) (plan, error) {
	var parts []plan
	var content *contentPlan
	for _, q := range list {
		p, err := compile(q, now)
		if err != nil {
			return nil, err
		}
		switch p := p.(type) {
		case *contentPlan:
			if content != nil && content.by != p.by {
				parts = append(parts, p)
				continue
			}
			content = content.join(p, and)
		case listPlan:
			if p.and == and {
				parts = append(parts, p.parts...)
				continue
			}
			parts = append(parts, p)
		default:
			parts = append(parts, p)
		}
	}
	if content != nil {
		parts = append(parts, content)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	slices.SortStableFunc(parts, func(a, b plan) int { return cmp.Compare(a.cost(), b.cost()) })
	return listPlan{parts, and}, nil
}

func compileField(column int, field, text string, by search.Comparator) plan {
	if text == "" {
		return &presencePlan{column, field}
	}
	folded := &textPlan{column: column, field: field, text: text}
	if by == search.UnicodeCasemap {
		return folded
	}
	return &collatedPlan{folded, by}
}

func compileHeader(q Header) plan {
	for column, field := range columnFields {
		if strings.EqualFold(field, q.Field) {
			return compileField(column, field, q.Text, q.By)
		}
	}
	return &headerPlan{field: q.Field, text: q.Text, by: q.By}
}

type everything struct{}

func (everything) cost() cost { return costNone }

func (everything) eval(_ *searcher, candidates, out bitset) error {
	out.copy(candidates)
	return nil
}

type nothing struct{}

func (nothing) cost() cost { return costNone }

func (nothing) eval(*searcher, bitset, bitset) error { return nil }

type notPlan struct{ of plan }

func (p notPlan) cost() cost { return p.of.cost() }

func (p notPlan) eval(s *searcher, candidates, out bitset) error {
	found := s.take()
	defer s.give(found)
	if err := p.of.eval(s, candidates, found); err != nil {
		return err
	}
	out.copy(candidates)
	out.andNot(found)
	return nil
}

// listPlan is what all parts match, or any of them.
type listPlan struct {
	parts []plan
	and   bool
}

func (p listPlan) cost() cost { return highestCost(p.parts) }

func (p listPlan) eval(s *searcher, candidates, out bitset) error {
	left, found := s.take(), s.take()
	defer func() { s.give(left); s.give(found) }()
	left.copy(candidates)
	for _, part := range p.parts {
		if left.empty() {
			return nil
		}
		found.clear()
		if err := part.eval(s, left, found); err != nil {
			return err
		}
		if p.and {
			left, found = found, left
			continue
		}
		out.or(found)
		left.andNot(found)
	}
	if p.and {
		out.copy(left)
	}
	return nil
}

func highestCost(parts []plan) cost {
	c := costNone
	for _, p := range parts {
		c = max(c, p.cost())
	}
	return c
}
