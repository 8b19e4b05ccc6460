package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/text"
	"github.com/restante/restante/namespace"
)

// setLanguage handles LANGUAGE (RFC 5255 §3.2): without an argument it tells the
// languages, else it goes on in the first that the server has. A client that asks
// again for the language that it has is told of it, but not of the namespaces.
func (s *session) setLanguage(_ context.Context, c command.Language) (imap.StatusResponse, error) {
	if len(c.Ranges) == 0 {
		s.writeLanguages(s.srv.texts.Tags())
		return done, nil
	}
	l := s.srv.texts.Lookup(c.Ranges, s.srv.language)
	if l == nil {
		return done, imap.No("", "This language is not supported")
	}
	s.writeLanguages([]string{l.Tag()})
	if l == s.language || s.language == nil && l.Tag() == text.Default {
		return done, nil
	}
	s.language = l
	if l.Tag() == text.Default {
		s.language = nil
	}
	s.setTexts()
	if s.state != stateNotAuthenticated && s.has("NAMESPACE") {
		s.writeNamespaces()
	}
	return done, nil
}

// setTexts has the encoder write texts in the session's language.
func (s *session) setTexts() {
	if s.language == nil {
		s.enc.SetTexts(nil)
		return
	}
	s.enc.SetTexts(s.language.Translate)
}

// writeLanguages writes a LANGUAGE response (RFC 5255 §3.3).
func (s *session) writeLanguages(tags []string) {
	s.enc.Raw("* LANGUAGE (")
	for i, tag := range tags {
		if i > 0 {
			s.enc.SP()
		}
		s.enc.Raw(tag)
	}
	s.enc.Close().CRLF()
}

// writeNamespaces writes the NAMESPACE response (RFC 2342 §5), with what the
// prefixes are called in the session's language (RFC 5255 §3.4).
func (s *session) writeNamespaces() {
	s.enc.Raw(`* NAMESPACE (("" "/"))`)
	for _, prefix := range [...]string{namespace.Others, namespace.Public} {
		s.enc.Raw(` ((`).String(prefix + namespace.Separator).Raw(` "/"`)
		if s.language != nil {
			if name := s.language.Translate(prefix); name != prefix {
				s.enc.Raw(` "TRANSLATION" (`)
				s.enc.String(string(imap.AppendUTF7(nil, name+namespace.Separator))).Close()
			}
		}
		s.enc.Raw("))")
	}
	s.enc.CRLF()
}
