package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// move handles MOVE and UID MOVE (RFC 9051 §6.4.8). COPYUID goes out before the
// expunges, which are told with the tagged answer, so that a client can carry
// what it knows of a message over to the new UID.
func (s *session) move(ctx context.Context, c *command.Copy) (imap.StatusResponse, error) {
	dst, t, err := s.copyTargets(ctx, c)
	if err != nil || t.count() == 0 {
		return ok("", "No matching messages, so nothing was moved"), err
	}
	s.clip(&t)
	if s.isOutbox(&dst) {
		return s.copyToOutbox(ctx, c, &dst, &t, true)
	}
	own := s.beginOwn(dst.account)
	r, err := own.on(s.selected.account).MoveTo(s.metered(ctx), s.selected.id, t.uids(), whole(own.destination(&dst), c, &t))
	if err != nil {
		return done, s.copyError(err)
	}
	s.ownExpunged(r.From)
	s.ownArrived(&dst, r.To)
	own.messages(ctx, dst.mailbox.ID, dst.name, int(r.To.Count()))
	if len(r.From) == 0 {
		return ok("", "No matching messages, so nothing was moved"), nil
	}
	if code := copyUID(&dst, &r); code != "" {
		s.untaggedOK(code, "Moved")
	}
	if dst.account.ID() != s.selected.account.ID() {
		s.warnQuota(dst.account)
	}
	if r.Source == nil {
		return done, nil
	}
	// RFC 6851 §4.4 asks for it whatever the client has enabled.
	return ok(imap.CodeHighestModSeq(uint64(r.Source.Mailbox().HighestModSeq)), c.Name()+" completed"), nil
}
