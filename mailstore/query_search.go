package mailstore

import (
	"context"
	"iter"

	"github.com/restante/restante/kv"
)

// Search finds the messages of s that match q. It stops with the context's
// error when ctx ends. Messages that s still holds but whose content was
// expunged meanwhile match no text.
func (a *Account) Search(ctx context.Context, s *Snapshot, q Query, o SearchOptions) (Result, error) {
	p, err := compile(q, a.store.now().Unix())
	if err != nil {
		return Result{}, err
	}
	r := &searcher{ctx: ctx, account: a, snap: s}
	defer r.close()
	found := newBitset(s.Len())
	if o.Min || o.Max {
		err = r.ends(p, o, found)
	} else {
		all := r.take()
		all.addRange(0, all.n)
		err = p.eval(r, all, found)
	}
	if err != nil {
		return Result{}, err
	}
	return Result{snap: s, set: found, scores: r.scores}, nil
}

// searcher is the state of one search. It belongs to one goroutine.
type searcher struct {
	ctx     context.Context
	account *Account
	snap    *Snapshot
	reader  *Reader
	stored  kv.Snapshot
	cached  *accountColumns
	free    []bitset
	scores  *scores // of what was matched fuzzily; nil before

	labels   *Labels                // nil until asked for
	threaded map[threading]*Threads // of all messages; see threads
}

func (s *searcher) close() {
	if s.reader != nil {
		s.reader.Close()
	}
	if s.stored != nil {
		s.stored.Close()
	}
}

// take answers an empty set over the snapshot's messages; give takes it back.
func (s *searcher) take() bitset {
	if k := len(s.free) - 1; k >= 0 {
		b := s.free[k]
		s.free = s.free[:k]
		b.clear()
		return b
	}
	return newBitset(s.snap.Len())
}

func (s *searcher) give(b bitset) { s.free = append(s.free, b) }

// pages gives the pages that hold candidates and the place of each page's
// first message in the set.
func (s *searcher) pages(candidates bitset) iter.Seq2[*Page, int] {
	return func(yield func(*Page, int) bool) {
		var want pageMask
		for i, page := range s.snap.Pages() {
			first := s.snap.FirstSeq(i) - 1
			if candidates.page(&want, first, page.Len()) && !yield(page, first) {
				return
			}
		}
	}
}

// firstWindow is how many messages a search for an end looks at first; the
// next window is twice as long.
const firstWindow = 256

// ends looks for the lowest and the highest match from the mailbox's ends.
func (s *searcher) ends(p plan, o SearchOptions, found bitset) error {
	if o.Min {
		low, err := s.window(p, func(done, size int) (int, int) {
			return done, done + size
		}, (*bitset).first)
		if err != nil || low < 0 {
			return err
		}
		found.add(low)
	}
	if o.Max {
		high, err := s.window(p, func(done, size int) (int, int) {
			return found.n - done - size, found.n - done
		}, (*bitset).last)
		if err != nil || high < 0 {
			return err
		}
		found.add(high)
	}
	return nil
}

// window evaluates p on one window of the mailbox after another until one has
// a match and answers the one that pick takes, or -1.
func (s *searcher) window(p plan, bounds func(done, size int) (int, int), pick func(*bitset) int) (int, error) {
	candidates, found := s.take(), s.take()
	defer func() { s.give(candidates); s.give(found) }()
	for done, size := 0, firstWindow; done < candidates.n; done, size = done+size, size*2 {
		candidates.clear()
		candidates.addRange(bounds(done, size))
		found.clear()
		if err := p.eval(s, candidates, found); err != nil {
			return 0, err
		}
		if i := pick(&found); i >= 0 {
			return i, nil
		}
	}
	return -1, nil
}

// open answers the search's reader of contents.
func (s *searcher) open() (*Reader, error) {
	if s.reader == nil {
		r, err := s.account.Reader(s.ctx)
		if err != nil {
			return nil, err
		}
		s.reader = r
	}
	return s.reader, nil
}

// columns answers the account's columns, which are older than the search's view of its rows:
// what it reads of a history that is lost meanwhile goes to columns that were dropped.
func (s *searcher) columns() *accountColumns {
	if s.cached == nil {
		s.cached = s.account.store.columns.account(s.account.ID(), s.account.State().version)
	}
	return s.cached
}

// rows answers the search's view of the account's rows.
func (s *searcher) rows() (kv.Snapshot, error) {
	if s.stored == nil {
		s.columns()
		snap, err := s.account.store.kv.Snapshot(s.ctx, kv.Partition(s.account.ID()))
		if err != nil {
			return nil, err
		}
		s.stored = snap
	}
	return s.stored, nil
}
