package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// foresee reads what a FETCH will show before it is known whether the user may still see
// it, because an engine that other nodes write to is then asked for both at once: with
// the contents comes the account's version. What is read is dropped if he may not. What
// fails here is tried again by the command itself, which answers for it.
func (s *session) foresee(ctx context.Context, c command.Command) {
	fetch, ok := c.(*command.Fetch)
	if !ok || s.selected == nil || s.selected.account.UpToDate(s.moment) {
		return
	}
	items := fetch.Items
	f := s.newFetcher(&items)
	defer f.close()
	if fetch.HasChangedSince {
		f.since = restante.ModSeq(fetch.ChangedSince)
	}
	t, err := s.targets(fetch.Set, fetch.UID)
	if err != nil || !f.content {
		return
	}
	if !fetch.Partial.IsZero() {
		t.cut(fetch.Partial)
	}
	s.clip(&t)
	if err := f.open(ctx, &t); err == nil {
		s.foreseen, f.reader = f.reader, nil
	}
}

// takeForeseen gives what foresee has read; nil if nothing was.
func (s *session) takeForeseen() *mailstore.Reader {
	r := s.foreseen
	s.foreseen = nil
	return r
}

// dropForeseen ends it where nobody took it.
func (s *session) dropForeseen() {
	if r := s.takeForeseen(); r != nil {
		r.Close()
	}
}
