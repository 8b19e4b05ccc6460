package mailstore

import (
	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// The queries on threads (draft-ietf-morg-inthread-01, section 3). Threads are
// made of all messages of the snapshot, whatever else is asked for.
type (
	// InThread matches the messages of the threads in which at least one message
	// matches Query.
	InThread struct {
		By        ThreadAlgorithm
		Collation search.Comparator
		Query     Query
	}
	// ThreadRoot matches the messages without a parent that is there.
	ThreadRoot struct {
		By        ThreadAlgorithm
		Collation search.Comparator
	}
	// ThreadLeaf matches the messages without children.
	ThreadLeaf struct {
		By        ThreadAlgorithm
		Collation search.Comparator
	}
	// MessageID matches the messages whose Message-ID field has the id, which is
	// given with angle brackets and compared without its quoting. An id that is
	// none matches nothing.
	MessageID struct{ ID string }
)

func (InThread) query()   {}
func (ThreadRoot) query() {}
func (ThreadLeaf) query() {}
func (MessageID) query()  {}

// compileThreads compiles the queries on threads; nil for another.
func compileThreads(q Query, now int64) (plan, error) {
	switch q := q.(type) {
	case InThread:
		of, err := compile(q.Query, now)
		return &inThreadPlan{by: threading{q.By, q.Collation}, of: of}, err
	case ThreadRoot:
		n := func(t *Threads, node int32) bool { p := t.parent[node]; return p < 0 || int(p) >= len(t.list.seqs) }
		return threadPlan{threading{q.By, q.Collation}, n}, nil
	case ThreadLeaf:
		return threadPlan{threading{q.By, q.Collation}, func(t *Threads, node int32) bool { return t.child[node] < 0 }}, nil
	case MessageID:
		ids := message.MessageIDs([]byte(q.ID), 1)
		if len(ids) == 0 {
			return nothing{}, nil
		}
		return messageIDPlan(ids[0]), nil
	}
	return nil, nil
}

// threading is a way to arrange messages, with the comparator of their subjects.
type threading struct {
	algorithm ThreadAlgorithm
	collation search.Comparator
}

// threads arranges all messages of the snapshot, once a search.
func (s *searcher) threads(by threading) (*Threads, error) {
	if t := s.threaded[by]; t != nil {
		return t, nil
	}
	all := newBitset(s.snap.Len())
	all.addRange(0, all.n)
	t, err := s.account.Thread(s.ctx, Result{snap: s.snap, set: all}, by.algorithm, by.collation)
	if err != nil {
		return nil, err
	}
	if s.threaded == nil {
		s.threaded = make(map[threading]*Threads)
	}
	s.threaded[by] = t
	return t, nil
}

// threadPlan matches by where a message stands in its thread. As all messages
// are threaded, a message's place in the set is its node.
type threadPlan struct {
	by    threading
	match func(t *Threads, node int32) bool
}

func (threadPlan) cost() cost { return costText }

func (p threadPlan) eval(s *searcher, candidates, out bitset) error {
	t, err := s.threads(p.by)
	if err != nil {
		return err
	}
	for i := candidates.next(0); i >= 0; i = candidates.next(i + 1) {
		if p.match(t, int32(i)) {
			out.add(i)
		}
	}
	return nil
}

// inThreadPlan matches the messages of some threads.
type inThreadPlan struct {
	by   threading
	of   plan
	tops map[int32]bool // the roots of the threads; nil until known
}

func (p *inThreadPlan) cost() cost { return max(costText, p.of.cost()) }

func (p *inThreadPlan) eval(s *searcher, candidates, out bitset) error {
	t, err := s.threads(p.by)
	if err != nil {
		return err
	}
	if t.top == nil {
		t.top = t.tops()
	}
	if p.tops == nil {
		all, found := s.take(), s.take()
		defer func() { s.give(all); s.give(found) }()
		all.addRange(0, all.n)
		if err := p.of.eval(s, all, found); err != nil {
			return err
		}
		p.tops = make(map[int32]bool)
		for i := found.next(0); i >= 0; i = found.next(i + 1) {
			p.tops[t.top[i]] = true
		}
	}
	for i := candidates.next(0); i >= 0; i = candidates.next(i + 1) {
		if p.tops[t.top[i]] {
			out.add(i)
		}
	}
	return nil
}

// messageIDPlan looks for a normalized Message-ID.
type messageIDPlan []byte

func (messageIDPlan) cost() cost { return costSent }

func (p messageIDPlan) eval(s *searcher, candidates, out bitset) error {
	var emails []restante.EmailID
	for id := range s.emails(candidates) {
		emails = append(emails, id)
	}
	uses, err := s.loadSorts(emails, []sortKind{sortIDs})
	if err != nil {
		return err
	}
	hash := s.account.store.hash(p)
	for id, place := range s.emails(candidates) {
		if c, k := uses.of(id).columns[sortIDs], int(id%blockSize); c.marked.has(k) && c.numbers[k] == hash {
			out.add(place)
		}
	}
	return nil
}
