package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// noop handles NOOP (RFC 9051 §6.1.2) and CHECK (RFC 3501 §6.4.1): changes are
// told before the answer, as with every command.
func (s *session) noop(context.Context) (imap.StatusResponse, error) { return done, nil }

// logout handles LOGOUT (RFC 9051 §6.1.3).
func (s *session) logout(context.Context) (imap.StatusResponse, error) {
	s.bye("", "Logging out")
	return done, nil
}

// close handles CLOSE (RFC 9051 §6.4.1): nobody is told what it expunges. In a
// mailbox that is open read-only it expunges nothing, which is no error, nor does it
// for a user who may not (RFC 4314 §4).
func (s *session) close(ctx context.Context) (imap.StatusResponse, error) {
	own := s.beginOwn(s.selected.account)
	id, name := s.selected.id, ""
	if mb := s.selected.mailbox(); mb != nil {
		name = s.selected.place(mb).name
	}
	if !s.selected.readOnly && s.selected.rights.Has(mailstore.RightExpunge) {
		if _, err := own.on(s.selected.account).Since(s.moment).Expunge(ctx, s.selected.id, nil); err != nil && !errors.Is(err, restante.ErrNotFound) {
			return done, err
		}
	}
	s.leaveMailbox()
	own.messages(ctx, id, name, 0)
	return done, nil
}

// unselect handles UNSELECT (RFC 9051 §6.4.2).
func (s *session) unselect(context.Context) (imap.StatusResponse, error) {
	s.leaveMailbox()
	return done, nil
}

// leaveMailbox ends the selected state.
func (s *session) leaveMailbox() {
	s.unfollowSelected()
	s.selected = nil
	s.state = stateAuthenticated
}
