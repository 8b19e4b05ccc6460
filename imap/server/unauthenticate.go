package server

import (
	"context"
	"time"

	"github.com/restante/restante/imap"
)

// unauthenticate handles UNAUTHENTICATE (RFC 8437 §3): all state of the
// connection but TLS and what was learnt of the client by ID goes, so that the
// next user inherits nothing. It is never answered with NO.
func (s *session) unauthenticate(ctx context.Context) (imap.StatusResponse, error) {
	s.leaveAccount()
	s.loggedIn = loggedIn{}
	s.enc.SetUTF8(false)
	s.setTexts()
	s.dec.SetLimits(s.wireLimits())
	s.began = time.Now() // from which the time to log in is counted
	s.log.DebugContext(ctx, "logged out to log in anew")
	s.behind = func(ctx context.Context) error {
		err := s.uncompress(ctx)
		s.conn.ForgetUser()
		s.log = s.conn.Logger()
		return err
	}
	return done, nil
}
