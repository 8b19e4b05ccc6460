package server

import (
	"context"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// enable handles ENABLE (RFC 9051 §6.3.1, RFC 5161): what is not known or needs
// no enabling is ignored. What was enabled before is told again when it is asked
// for again, so that a client that looks for it in the answer finds it.
func (s *session) enable(_ context.Context, c command.Enable) (imap.StatusResponse, error) {
	var told []string
	var asked features
	for _, name := range c.Capabilities {
		name, f := enableable(name)
		if f == 0 || !s.has(name) || slices.Contains(told, name) {
			continue
		}
		told, asked = append(told, name), asked|f
	}
	s.enc.Raw("* ENABLED")
	for _, name := range told {
		s.enc.SP().Raw(name)
	}
	s.enc.CRLF()
	s.enabled |= asked &^ featureCondStore
	s.enc.SetUTF8(s.enabled.utf8())
	if asked.has(featureUIDOnly) {
		s.endNumbered()
	}
	if asked.has(featureMetadata) {
		s.followMetadata()
	}
	if asked.has(featureCondStore) {
		s.enableCondStore()
	}
	return done, nil
}
