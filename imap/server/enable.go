package server

import (
	"context"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// enable handles ENABLE (RFC 9051 §6.3.1, RFC 5161): what is not known or needs
// no enabling is ignored.
func (s *session) enable(_ context.Context, c command.Enable) (imap.StatusResponse, error) {
	s.enc.Raw("* ENABLED")
	var told features
	for _, name := range c.Capabilities {
		f := enableable(name)
		if f == 0 || told.has(f) && strings.ToUpper(name) != "CONDSTORE" {
			continue
		}
		told |= f
		s.enc.SP().Raw(strings.ToUpper(name))
	}
	s.enc.CRLF()
	condStore := told.has(featureCondStore)
	s.enabled |= told &^ featureCondStore
	s.enc.SetUTF8(s.enabled.utf8())
	if condStore {
		s.enableCondStore()
	}
	return done, nil
}
