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
	s.behind = s.secure
	return ok("", "Begin TLS negotiation now"), nil
}

// secure does the handshake once the answer to STARTTLS is written.
func (s *session) secure(ctx context.Context) error {
	s.dec.Reset(&s.in)
	err := s.conn.StartTLS(ctx, 0)
	if err != nil {
		s.log.InfoContext(ctx, "TLS handshake failed", "error", err)
	}
	return err
}
