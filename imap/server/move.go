package server

import (
	"context"
	"errors"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
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
	if errors.Is(err, mailstore.ErrInBoth) {
		return done, s.copiedOnly(ctx, own, &dst, &r, err)
	}
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

// copiedOnly answers a MOVE whose messages have arrived and perhaps not left: the client is
// told of the copies, so that it need not make them again.
func (s *session) copiedOnly(ctx context.Context, own *ownChange, dst *place, r *mailstore.CopyResult, err error) error {
	s.log.WarnContext(ctx, "messages were copied, but perhaps not removed", "mailbox", s.selected.id, "error", err)
	s.ownArrived(dst, r.To)
	own.messages(ctx, dst.mailbox.ID, dst.name, int(r.To.Count()))
	if code := copyUID(dst, r); code != "" {
		s.untaggedOK(code, "Copied")
	}
	status, _ := statusOf(err)
	return imap.No(status.Code, "The messages were copied, but perhaps not removed from this mailbox")
}
