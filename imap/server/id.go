package server

import (
	"context"
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// idLogged is how many octets of a client's field or value are logged.
const idLogged = 200

// id handles ID (RFC 2971 §3.1). What the client says of itself goes to the log
// and nowhere else.
func (s *session) id(ctx context.Context, c command.ID) (imap.StatusResponse, error) {
	if len(c.Params) > 0 && s.log.Enabled(ctx, slog.LevelInfo) {
		attrs := make([]any, 0, len(c.Params))
		for _, p := range c.Params {
			attrs = append(attrs, slog.String(cut(p.Field), cut(p.Value)))
		}
		s.log.InfoContext(ctx, "client", slog.Group("id", attrs...))
	}
	s.know(c)
	s.enc.Raw("* ID ")
	if len(s.srv.id) < 2 {
		s.enc.Nil().CRLF()
		return done, nil
	}
	s.enc.Raw("(")
	for i, v := range s.srv.id {
		if i > 0 {
			s.enc.SP()
		}
		s.enc.String(v)
	}
	s.enc.Raw(")").CRLF()
	return done, nil
}

func cut(s string) string {
	if len(s) > idLogged {
		return s[:idLogged] + "…"
	}
	return s
}
