package server

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// errPrivacy answers a login that could be overheard (RFC 5530 §3).
var errPrivacy = imap.No(imap.CodePrivacyRequired, "Log in over TLS only")

// login handles LOGIN (RFC 9051 §6.2.3).
func (s *session) login(ctx context.Context, c command.Login) (imap.StatusResponse, error) {
	conn := s.conn.Auth()
	if len(s.srv.auth.Mechanisms(conn)) == 0 {
		return done, errPrivacy
	}
	id, err := s.srv.auth.Login(ctx, conn, c.User, c.Password)
	if err != nil {
		return done, s.loginFailed(err)
	}
	return s.enter(ctx, id)
}

// authenticate handles AUTHENTICATE (RFC 9051 §6.2.2, RFC 4959).
func (s *session) authenticate(ctx context.Context, c command.Authenticate) (imap.StatusResponse, error) {
	conn := s.conn.Auth()
	if len(s.srv.auth.Mechanisms(conn)) == 0 {
		return done, errPrivacy
	}
	x, err := s.srv.auth.Start(conn, c.Mechanism)
	if err != nil {
		return done, imap.No(imap.CodeCannot, "This mechanism is not offered")
	}
	response := c.Initial
	for {
		challenge, over, err := x.Next(ctx, response)
		if errors.Is(err, restante.ErrInvalid) {
			return done, imap.Bad("This is not a response of " + c.Mechanism)
		}
		if err != nil {
			return done, s.loginFailed(err)
		}
		if over && challenge == nil {
			return s.enter(ctx, x.Identity())
		}
		if response, err = s.exchange(challenge); err != nil {
			return done, err
		}
		if over {
			// IMAP has no place for additional data in the OK, so it went as a
			// challenge, which the client answers with nothing (RFC 4422 §3.6).
			if len(response) > 0 {
				return done, imap.Bad("An empty response was expected")
			}
			return s.enter(ctx, x.Identity())
		}
	}
}

// exchange sends one challenge and reads the response to it. The response is
// never nil, since that would mean that there was none.
func (s *session) exchange(challenge []byte) ([]byte, error) {
	s.enc.Continue(base64.StdEncoding.EncodeToString(challenge))
	if err := s.dec.Begin(); err != nil {
		return nil, err
	}
	response, cancelled, err := command.ParseSASLResponse(s.dec)
	switch {
	case err != nil:
		return nil, err
	case cancelled:
		return nil, imap.Bad("Authentication cancelled")
	case response == nil:
		response = []byte{}
	}
	return response, nil
}

// enter makes the session that of a user: the authenticated state.
func (s *session) enter(ctx context.Context, id auth.Identity) (imap.StatusResponse, error) {
	referral, to := s.srv.referrals.login(id.Name)
	if referral != nil && !referral.Public {
		s.log.InfoContext(ctx, "user was referred to another server", "user", id.Name)
		return done, imap.No(to, "Your mailboxes are on another server")
	}
	budget := s.srv.enter(id.Account)
	if budget == nil {
		s.log.WarnContext(ctx, "too many connections of one account", "user", id.Name)
		return done, imap.No(imap.CodeLimit, "Too many connections of this account")
	}
	account, err := s.srv.store.Account(ctx, id.Account)
	if err != nil {
		s.srv.leave(id.Account)
		if errors.Is(err, restante.ErrNotFound) {
			err = restante.ErrAuthFailed // removed at this moment
		}
		return done, err
	}
	s.user, s.account, s.state = id, account, stateAuthenticated
	s.names = s.srv.names.User(id.Name, id.Account)
	s.conn.SetUser(id.Name)
	s.log = s.conn.Logger()
	s.dec.SetLimits(s.wireLimits())
	s.dec.SetBudget(budget)
	if referral != nil {
		s.writeCapabilities(s.capabilities())
		return ok(to, "Your personal mailboxes are on another server"), nil
	}
	return ok(imap.CodeCapability(s.capabilities()), "Logged in"), nil
}

// loginFailed counts a failed login; after too many the connection is closed,
// so that guessing takes at least a connection for every few passwords.
func (s *session) loginFailed(err error) error {
	switch {
	case errors.Is(err, restante.ErrNotPermitted):
		return errPrivacy
	case errors.Is(err, restante.ErrUnavailable) && s.draining():
		return imap.No(imap.CodeUnavailable, shuttingDown)
	case errors.Is(err, auth.ErrBusy):
		return imap.No(imap.CodeUnavailable, tryLater) // which is not worth a line of the log each
	case !errors.Is(err, restante.ErrAuthFailed):
		return err
	}
	if s.failures++; s.failures >= s.srv.limits.LoginFailures {
		s.endWith(imap.CodeAuthenticationFailed, "Too many failed logins")
	}
	if errors.Is(err, auth.ErrOtherIdentity) {
		return imap.No(imap.CodeAuthorizationFailed, "Nobody may act as another user")
	}
	return err
}
