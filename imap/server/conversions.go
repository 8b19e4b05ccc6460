package server

import (
	"context"

	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// conversions handles CONVERSIONS (RFC 5259 §5).
func (s *session) conversions(_ context.Context, c command.Conversions) (imap.StatusResponse, error) {
	for _, t := range convert.Conversions() {
		if !convert.Matches(c.From, t.From) || !convert.Matches(c.To, t.To) {
			continue
		}
		s.enc.Raw("* CONVERSION ").String(t.From).SP().String(t.To)
		for i, p := range t.Params {
			if s.enc.SP(); i == 0 {
				s.enc.Open()
			}
			s.enc.String(p)
		}
		if len(t.Params) > 0 {
			s.enc.Close()
		}
		s.enc.CRLF()
	}
	return done, nil
}
