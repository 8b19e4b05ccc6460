package server

import (
	"context"

	"github.com/restante/restante/imap"
)

// startTLS handles STARTTLS (RFC 9051 §6.2.1). What the client sent behind it in
// the clear is thrown away unread: an attacker may have put it there.
func (s *session) startTLS(ctx context.Context) (imap.StatusResponse, error) {
	if s.conn.TLSState() != nil {
		return done, imap.Bad("TLS is active already")
	}
	if !s.conn.CanStartTLS() {
		return done, imap.No(imap.CodeCannot, "TLS is not configured")
	}
	s.upgrade = true
	return ok("", "Begin TLS negotiation now"), nil
}

// secure does the handshake once the answer to STARTTLS is written.
func (s *session) secure(ctx context.Context) {
	s.upgrade = false
	if err := s.enc.Flush(); err != nil {
		s.state = stateLogout
		return
	}
	s.dec.Reset(&s.in)
	if err := s.conn.StartTLS(ctx, 0); err != nil {
		s.log.InfoContext(ctx, "TLS handshake failed", "error", err)
		s.state = stateLogout
	}
}
