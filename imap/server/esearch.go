package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// esearch handles ESEARCH (RFC 7377): one response for each mailbox in which
// something is found, as soon as it is. A search that takes too long ends with
// what was found so far, and says so (RFC 7377 §2.4).
func (s *session) esearch(ctx context.Context, c *command.ESearch) (imap.StatusResponse, error) {
	p := &c.Program
	if err := s.mayESearch(c); err != nil {
		return done, err
	}
	if s.selected == nil {
		if err := s.expandFilters(ctx, p); err != nil {
			return done, err
		}
		if p.Key.Uses(imap.SearchModSeq) {
			s.enableCondStore()
		}
	} else if err := s.beginSearch(ctx, true, p); err != nil {
		return done, err
	}
	if err := mayScore(p, nil); err != nil {
		return done, err
	}
	list, err := s.sources(ctx, c.Sources)
	if err != nil {
		return done, err
	}
	w, err := s.watchIn(p, list)
	if err != nil {
		return done, err
	}
	limited := false
	left := searchBudget{limit: s.srv.limits.CommandMessages, alone: len(list) == 1}
	err = s.inSearchTime(ctx, func(ctx context.Context) error {
		for i := range list {
			err := s.esearchIn(ctx, p, &list[i], w, &left)
			switch {
			case errors.Is(err, restante.ErrNotFound):
				continue // it was deleted meanwhile
			case err != nil && ctx.Err() != nil && i > 0:
				limited = true
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case limited && ctx.Err() == nil:
		return ok(imap.CodeLimit, "This search takes too long; not all mailboxes were searched"), nil
	case err == nil && left.cut:
		return ok(limitCode(left.limit, 0), "Not all messages were searched"), nil
	}
	return done, err
}

// searchBudget is how many messages a search of several mailboxes may look at (RFC
// 9738 §3.1).
type searchBudget struct {
	limit  int // 0: any number
	looked int
	alone  bool // there is one mailbox, so that the lowest UID can be told
	cut    bool // some were left out
}

// mayESearch refuses what cannot be asked of the mailboxes that are named (RFC
// 7377 §2.2).
func (s *session) mayESearch(c *command.ESearch) error {
	alone := true // the selected mailbox is the only one
	asked := len(c.Sources) == 0
	for _, source := range c.Sources {
		if source.Kind == imap.SourceSelected {
			asked = true
		} else {
			alone = false
		}
	}
	r := c.Program.Return
	switch {
	case c.Program.Charset != "" && s.enabled.has(featureUTF8):
		return imap.Bad("No CHARSET after ENABLE UTF8=ACCEPT: all is UTF-8") // RFC 9755 §3
	case asked && s.selected == nil:
		return imap.Bad("No mailbox is selected")
	case r.Has(imap.ReturnSave) && !alone:
		return imap.Bad("SAVE is for a search of the selected mailbox alone")
	case r.Has(imap.ReturnUpdate) && s.selected == nil:
		return imap.Bad("UPDATE needs a selected mailbox")
	}
	return nil
}

// watchIn gives the watch of the selected mailbox, if it is one of those that are
// searched and its updates are wanted (RFC 7377 §2.2).
func (s *session) watchIn(p *imap.SearchProgram, list []place) (*watch, error) {
	if !p.Return.Has(imap.ReturnUpdate) {
		return nil, nil
	}
	for i := range list {
		if !s.selected.is(&list[i]) {
			continue
		}
		w, err := s.newWatch(p, true, false)
		if w != nil {
			w.told = true
		}
		return w, err
	}
	s.noUpdate(s.tag, "Updates are told of the selected mailbox alone")
	return nil, nil
}

// esearchIn searches one mailbox and writes its response, if it has one.
func (s *session) esearchIn(ctx context.Context, p *imap.SearchProgram, at *place, w *watch, left *searchBudget) error {
	in, own := s.selected, s.selected.is(at)
	if !own {
		snap, err := at.account.Snapshot(ctx, at.mailbox.ID)
		if err != nil {
			return err
		}
		in = &selected{collation: s.collation, account: at.account, id: at.mailbox.ID, view: view.New(snap)}
	}
	if !own {
		w = nil
		if err := s.labelSearch(ctx, in, &p.Key); err != nil {
			return err
		}
	}
	found, err := s.findIn(ctx, p, in, w, left)
	if err == nil && own && p.Return.Has(imap.ReturnSave) {
		s.selected.saved = savedUIDs(referred(p, found))
	}
	if err != nil || found.IsEmpty() || p.Return == imap.ReturnSave {
		return err
	}
	o := searchWriter{s: s, uid: true, found: found, partial: p.Partial, in: at, buf: s.srv.scratch.Get(spillSize)}
	if p.Key.Uses(imap.SearchModSeq) {
		o.modSeq = referred(p, found).MaxModSeq()
	}
	defer o.close()
	o.extended(p.Return)
	return o.end()
}

// findIn runs the search in a mailbox as one sees it who has selected it. w is
// where updates of the one that is selected are wanted, nil otherwise.
func (s *session) findIn(ctx context.Context, p *imap.SearchProgram, in *selected, w *watch, left *searchBudget) (mailstore.Result, error) {
	q, err := in.query(&p.Key)
	if err != nil {
		return mailstore.Result{}, err
	}
	whole := true
	if left.limit > 0 {
		if err := errors.Join(s.refusePartial(p.Partial), s.refuseThreading(in, &p.Key)); err != nil {
			return mailstore.Result{}, err
		}
		if q, whole = s.spend(left, in, p, q); w != nil && !whole {
			w = nil
			s.noUpdate(s.tag, "Too many messages are searched to tell updates")
		}
	}
	return s.inTurn(ctx, &p.Key, func() (mailstore.Result, error) {
		if w != nil {
			found, err := s.findWatched(ctx, p, w)
			if err != nil || !p.Return.Has(imap.ReturnRelevancy) {
				return found, err
			}
		}
		if !pages(p) || !whole {
			return in.account.Search(ctx, in.view.Shown(), q, mailstore.SearchOptions{})
		}
		var k mailstore.Kept
		if _, err := in.account.Renew(ctx, &k, in.view.Shown(), q, nil); err != nil {
			return mailstore.Result{}, err
		}
		first, last := reach(p)
		err := in.account.Reach(ctx, &k, q, first, last)
		return k.Result(), err
	})
}

// spend gives the query of one of the mailboxes that are searched, which may look at
// what is left of the budget. whole is false where that is not all that it names.
func (s *session) spend(left *searchBudget, in *selected, p *imap.SearchProgram, q mailstore.Query) (limited mailstore.Query, whole bool) {
	part, whole := in.limitSearch(&p.Key, left.limit-left.looked)
	left.looked += part.count()
	switch {
	case whole:
		return q, true
	case left.alone:
		s.limited = part.lowest()
	default:
		left.cut = true
	}
	return part.only(q), false
}
