package server

import "github.com/restante/restante/imap"

// needsUTF8 answers a command that might need UTF-8 before ENABLE UTF8=ACCEPT,
// where the server is configured for that alone (RFC 9755 §7): all but those that
// every state has, and those that change what the connection is.
func (s *session) needsUTF8(r *row) error {
	if !s.srv.utf8Only || s.enabled.has(featureUTF8) || r.states&inAuthenticated == 0 || r.states == anyState {
		return nil
	}
	switch r.name {
	case "ENABLE", "UNAUTHENTICATE", "COMPRESS", "IDLE":
		return nil
	}
	return imap.No(imap.CodeCannot, "This server needs ENABLE UTF8=ACCEPT")
}
