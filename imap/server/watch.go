package server

import (
	"context"
	"math"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// watch is a search with the option UPDATE: the client is told how its result
// changes, until another mailbox is selected or the client cancels it (RFC 5267
// §4.3). It holds what the client was told, as numbers of the session's view.
type watch struct {
	tag  string
	uid  bool
	told bool           // of ESEARCH: the mailbox is told (RFC 7377 §2.1)
	key  imap.SearchKey // in which nothing is named that will mean another message later
	kept mailstore.Kept
	// items are what the client wants to know of a new message in the result.
	items imap.FetchItems
	// collation is what was active when it began.
	collation collation
	// sorted is the order of a SORT, nil of a SEARCH.
	sorted *mailstore.Sorted
}

// newWatch gives the watch of a search with the option UPDATE; nil for another,
// or where there are too many already, which the client is told. A tag that is in
// use refuses the command (RFC 5267 §4.3, §4.3.1).
func (s *session) newWatch(p *imap.SearchProgram, uid, sorted bool) (*watch, error) {
	if !p.Return.Has(imap.ReturnUpdate) {
		return nil, nil
	}
	for _, w := range s.selected.watches {
		if w.tag == s.tag {
			return nil, imap.Bad("Tag reuse: a search with that tag tells its updates already")
		}
	}
	if len(s.selected.watches) >= s.srv.limits.Contexts {
		s.noUpdate(s.tag, "Too many searches tell their updates")
		return nil, nil
	}
	if s.tooMany(&p.Key) && !sorted {
		s.noUpdate(s.tag, "Too many messages are searched to tell updates")
		return nil, nil
	}
	s.enableFor(&p.Updates)
	return &watch{tag: s.tag, uid: uid, items: p.Updates, collation: s.collation}, nil
}

// noUpdate says that updates of a search will not be told, or no longer (RFC 5267
// §4.3.1). It is not a [imap.Code], since a tag may have a bracket in it.
func (s *session) noUpdate(tag, text string) {
	s.enc.Raw(`* NO [NOUPDATE `).String(tag).Raw("] ").Raw(s.enc.Text(text)).CRLF()
}

// findWatched runs a search whose updates are wanted and begins to watch it.
func (s *session) findWatched(ctx context.Context, p *imap.SearchProgram, w *watch) (mailstore.Result, error) {
	w.key = s.frozen(&p.Key)
	q, err := s.selected.query(&w.key)
	if err != nil {
		return mailstore.Result{}, err
	}
	a := s.selected.account
	if _, err := a.Renew(ctx, &w.kept, s.selected.view.Shown(), q, nil); err != nil {
		return mailstore.Result{}, err
	}
	if err := a.Reach(ctx, &w.kept, q, math.MaxInt, 0); err != nil {
		return mailstore.Result{}, err
	}
	s.selected.watches = append(s.selected.watches, w)
	if pages(p) {
		s.keptFor(p).kept = *w.kept.Clone()
	}
	return w.kept.Result(), nil
}

// frozen gives a key whose sequence numbers, "*" and "$" are replaced by the UIDs
// that they stand for now: they are evaluated when the command is received (RFC
// 5267 §4.3). UIDs up to "*" are also those to come, which the same search would
// find later.
func (s *session) frozen(k *imap.SearchKey) imap.SearchKey {
	out := *k
	out.Keys = make([]imap.SearchKey, len(k.Keys))
	for i := range k.Keys {
		out.Keys[i] = s.frozen(&k.Keys[i])
	}
	switch {
	case (k.Op == imap.SearchSeq || k.Op == imap.SearchUID) && k.Set.IsSaved():
		out.Op, out.Set = imap.SearchUID, numSet(s.selected.saved)
	case k.Op == imap.SearchSeq:
		shown := s.selected.view.Shown()
		n := uint32(shown.Len())
		t := targets{snap: shown, ranges: k.Set.Resolve(n).Clip(1, n).Ranges()}
		out.Op, out.Set = imap.SearchUID, numSet(t.uids())
	case k.Op == imap.SearchUID:
		out.Set = k.Set.Open(uint32(s.selected.view.Shown().Last()))
	}
	return out
}

// tellLeft tells of results that are gone from the mailbox, before the numbers
// of messages change (RFC 5267 §4.3.4): those of which EXPUNGE is told now, and
// those of which it may not be told yet.
func (s *session) tellLeft(ctx context.Context, u *view.Update) {
	for _, gone := range [...]mailstore.UIDSet{u.Vanished(), s.selected.view.GhostSet()} {
		if len(gone) == 0 {
			continue
		}
		for _, w := range s.selected.watches {
			if r := w.kept.Result(); r.HasAny(gone) {
				// Nothing is put in, so that nothing can fail but the connection.
				_ = s.tellChange(ctx, w, mailstore.Change{Removed: r.Only(gone)})
				w.kept.Without(gone)
			}
		}
	}
}

// watchNews is how the result of a search that is watched has changed.
type watchNews struct {
	watch  *watch
	change mailstore.Change
}

// tellWatched tells how the results of the searches that are watched have changed
// with the view, whose changes have been told (RFC 5267 §4.3.2, §4.3.3), and what
// the client wants to know of new messages. What a search looks at is what changed.
// One that takes too long is watched no more.
func (s *session) tellWatched(ctx context.Context, u *view.Update) error {
	var news []watchNews
	if err := s.eachWatch(ctx, func(w *watch) error {
		change, err := s.renew(ctx, w)
		if err == nil && !change.Empty() {
			news = append(news, watchNews{watch: w, change: change})
		}
		return err
	}); err != nil {
		return err
	}
	arrived := s.arrivals(u, news)
	if !s.interest.fetches() { // RFC 5465 §7
		if err := s.tellArrived(ctx, arrived); err != nil {
			return err
		}
	}
	if len(news) > 0 {
		if err := s.eachWatch(ctx, func(w *watch) error {
			if len(news) == 0 || news[0].watch != w {
				return nil
			}
			change := news[0].change
			news = news[1:]
			return s.tellChange(ctx, w, change)
		}); err != nil {
			return err
		}
	}
	if s.interest.fetches() { // RFC 5465 §5.2
		if err := s.tellArrived(ctx, arrived); err != nil {
			return err
		}
	}
	return s.enc.Err()
}

// eachWatch calls f with each search that is watched. One that f fails for is
// watched no more, unless ctx has ended.
func (s *session) eachWatch(ctx context.Context, f func(*watch) error) error {
	left := s.selected.watches[:0]
	for i, w := range s.selected.watches {
		err := f(w)
		if err != nil && ctx.Err() != nil {
			s.selected.watches = append(left, s.selected.watches[i:]...)
			return err
		}
		if err != nil {
			s.log.WarnContext(ctx, "a search is watched no more", "tag", w.tag, "error", err)
			s.noUpdate(w.tag, "Its updates cannot be told any more")
			continue
		}
		left = append(left, w)
	}
	clear(s.selected.watches[len(left):])
	s.selected.watches = left
	return nil
}

// renew evaluates what of a search has to be evaluated anew.
func (s *session) renew(ctx context.Context, w *watch) (mailstore.Change, error) {
	if err := s.labelSearch(ctx, s.selected, &w.key); err != nil {
		return mailstore.Change{}, err
	}
	q, err := s.selected.queryBy(&w.key, w.collation)
	if err != nil {
		return mailstore.Change{}, err
	}
	limited, cancel := context.WithTimeout(ctx, s.srv.limits.SearchTime)
	defer cancel()
	return s.selected.account.Renew(limited, &w.kept, s.selected.view.Shown(), q, s.selected.view.GhostSet())
}

// tellChange tells how a result has changed.
func (s *session) tellChange(ctx context.Context, w *watch, c mailstore.Change) error {
	if w.sorted != nil {
		limited, cancel := context.WithTimeout(ctx, s.srv.limits.SearchTime)
		defer cancel()
		return s.tellSorted(limited, w, c)
	}
	s.tellContext(w, c)
	return nil
}

// tellContext writes an ESEARCH response with REMOVEFROM and ADDTO. The position
// is 0: the result of a search is in the order of the mailbox (RFC 5267 §4.3.3).
func (s *session) tellContext(w *watch, c mailstore.Change) {
	o := searchWriter{s: s, uid: w.uid, buf: s.srv.scratch.Get(spillSize)}
	defer o.close()
	if mb := s.selected.mailbox(); w.told && mb != nil {
		at := s.selected.place(mb)
		o.in = &at
	}
	o.correlator(w.tag)
	if !c.Removed.IsEmpty() {
		o.buf = append(o.buf, " REMOVEFROM (0 "...)
		o.set(c.Removed)
		o.buf = append(o.buf, ')')
	}
	if !c.Added.IsEmpty() {
		o.buf = append(o.buf, " ADDTO (0 "...)
		o.set(c.Added)
		o.buf = append(o.buf, ')')
	}
	o.buf = append(o.buf, "\r\n"...)
	_ = o.end() // sticks in the encoder
}

// cancelUpdate handles CANCELUPDATE (RFC 5267 §4.3.5). A tag of which no updates
// are told, as after NOUPDATE, is no error: there will be none.
func (s *session) cancelUpdate(_ context.Context, c command.CancelUpdate) (imap.StatusResponse, error) {
	s.unwatch(c.Tags)
	return ok("", "No further updates"), nil
}

// unwatch ends the updates of the searches with the tags.
func (s *session) unwatch(tags []string) {
	s.selected.watches = slices.DeleteFunc(s.selected.watches, func(w *watch) bool { return slices.Contains(tags, w.tag) })
}
