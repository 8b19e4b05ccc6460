package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// place gives the selected mailbox as the name that it has now leads to it, which
// may be another than it was selected by.
func (sel *selected) place(mb *mailstore.Mailbox) place {
	return place{account: sel.account, mailbox: mb, name: sel.owner.Prefix + mb.Name, rights: sel.rights, owner: sel.owner}
}

// mailbox gives the selected mailbox as it is now; nil where it was deleted.
func (sel *selected) mailbox() *mailstore.Mailbox { return sel.account.State().Mailbox(sel.id) }

// review looks again what the user may do with the selected mailbox, since that may
// have changed since it was selected (RFC 4314 §5.1.1). The account is up to date.
// Whoever may not read it any more is told so by the error restante.ErrNotFound: to
// him it is gone.
func (s *session) review(ctx context.Context) (changed mailstore.Rights, err error) {
	mb := s.selected.mailbox()
	if mb == nil {
		return 0, restante.ErrNotFound
	}
	p := s.selected.place(mb)
	now, err := s.rights(ctx, &p)
	if err != nil {
		return 0, err
	}
	changed = now ^ s.selected.rights
	s.selected.rights = now
	if !now.Has(mailstore.RightRead) {
		return changed, restante.ErrNotFound
	}
	return changed, nil
}

// closed reports whether the mailbox is there and the user may know so, but not read it
// any more. Who may not even look it up is not told that it is there (RFC 4314 §6).
func (sel *selected) closed() bool {
	mb := sel.mailbox()
	return mb != nil && !mb.NoSelect && sel.rights.Has(mailstore.RightLookup) && !sel.rights.Has(mailstore.RightRead)
}

// permitted answers whether a command may be done on the selected mailbox, for which
// the rights of its row are needed.
func (s *session) permitted(ctx context.Context, r *row) error {
	if s.selected == nil || r.states != inSelected {
		return nil
	}
	if err := s.selected.account.RefreshSince(ctx, s.moment); err != nil {
		return err
	}
	told := s.selected.rights
	_, err := s.review(ctx)
	switch {
	case err == nil:
	case s.selected.closed():
		return errNoPermission()
	case errors.Is(err, restante.ErrNotFound) && s.selected.rights.Has(mailstore.RightRead):
		return nil // deleted: the command says so in its own way
	default:
		return err
	}
	s.selected.changed |= told ^ s.selected.rights
	if !s.selected.rights.Has(r.need) {
		return errNoPermission()
	}
	return nil
}
