package server

import (
	"context"
	"math"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// keptSearch is the last search of which a page was asked for, or that was said
// to come again (RFC 5267 §4.2, §4.5), so that the next page costs the page.
type keptSearch struct {
	key  string // the search key as text
	kept mailstore.Kept
}

// pages reports whether a search is done by way of a kept result.
func pages(p *imap.SearchProgram) bool {
	return p.Return&(imap.ReturnPartial|imap.ReturnContext) != 0 && !p.Return.Has(imap.ReturnRelevancy)
}

// findKept runs a search of which a page is wanted, or that will come again. Of a
// page only so many messages are looked at as it takes to know it.
func (s *session) findKept(ctx context.Context, p *imap.SearchProgram, q mailstore.Query) (mailstore.Result, error) {
	k := s.keptFor(p)
	if _, err := s.selected.account.Renew(ctx, &k.kept, s.selected.view.Shown(), q, nil); err != nil {
		return mailstore.Result{}, err
	}
	first, last := reach(p)
	err := s.selected.account.Reach(ctx, &k.kept, q, first, last)
	return k.kept.Result(), err
}

// keptFor gives the result that was kept of a search, or one that is not begun.
// What a search means that names messages by number, "$" or \Recent depends on
// more than the mailbox, so that nothing is kept of it, nor while there are
// messages in the view that exist no more.
func (s *session) keptFor(p *imap.SearchProgram) *keptSearch {
	if len(s.selected.view.GhostSet()) > 0 || !p.Key.Walk(lasting) {
		return new(keptSearch)
	}
	key := string(p.Key.Append(nil))
	if s.selected.kept == nil || s.selected.kept.key != key {
		s.selected.kept = &keptSearch{key: key}
	}
	return s.selected.kept
}

// lasting reports whether a key means the same in a later search.
func lasting(k *imap.SearchKey) bool {
	switch k.Op {
	case imap.SearchSeq, imap.SearchRecent, imap.SearchNew, imap.SearchOld,
		imap.SearchInThread, imap.SearchThreadRoot, imap.SearchThreadLeaf:
		return false
	case imap.SearchUID:
		return !k.Set.HasStar() && !k.Set.IsSaved()
	}
	return true
}

// reach gives how many of the first and of the last matches a search has to
// know.
func reach(p *imap.SearchProgram) (first, last int) {
	if p.Return&(imap.ReturnAll|imap.ReturnCount|imap.ReturnUpdate) != 0 || !p.Return.Has(imap.ReturnPartial) {
		return math.MaxInt, math.MaxInt
	}
	first, last = p.Partial.Reach(), 0
	if p.Partial.FromEnd {
		first, last = 0, first
	}
	if p.Return.Has(imap.ReturnMin) {
		first = max(first, 1)
	}
	if p.Return.Has(imap.ReturnMax) {
		last = max(last, 1)
	}
	return first, last
}

// referred gives the messages that "$" and MODSEQ stand for after a search: with
// PARTIAL and without COUNT those that are returned (RFC 9394 §3.2, table 1),
// else all that were found.
func referred(p *imap.SearchProgram, found mailstore.Result) mailstore.Result {
	if !p.Return.Has(imap.ReturnPartial) || p.Return.Has(imap.ReturnCount) {
		return found
	}
	out := found.Cut(p.Partial.Cut(found.Count()))
	if p.Return.Has(imap.ReturnMin) {
		out.With(found.Min())
	}
	if p.Return.Has(imap.ReturnMax) {
		out.With(found.Max())
	}
	return out
}
