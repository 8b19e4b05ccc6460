package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/submission"
)

// isOutbox reports whether a mailbox is the one from which the user's messages are
// sent, as Courier has it (XCOURIEROUTBOX).
func (s *session) isOutbox(at *place) bool {
	return s.srv.submit != nil && at.account == s.account && at.mailbox.Name == s.srv.outbox && s.has("XCOURIEROUTBOX="+s.srv.outbox)
}

func errOneToSend() error {
	return imap.No(imap.CodeLimit, "Only one message can be sent with one command")
}

// send sends a message that was just put into the outbox, where it lies on the disk
// so that a crash does not lose it. One that is not sent is taken out again, as is
// all that a command that fails has stored (RFC 9051 §6.3.12, §6.4.7); the client has
// it still. One that is sent is filed, so that its UID in the outbox is not told.
func (s *session) send(ctx context.Context, outbox *place, uid restante.UID) (imap.StatusResponse, error) {
	err := s.srv.submit.Submit(ctx, outbox.account, outbox.mailbox.ID, uid)
	if err == nil {
		return ok("", "The message was sent"), nil
	}
	if _, e := outbox.account.Remove(context.WithoutCancel(ctx), outbox.mailbox.ID, uid); e != nil && !errors.Is(e, restante.ErrExpunged) {
		s.log.WarnContext(ctx, "a message that was not sent stays in the outbox", "error", e)
	}
	var why *submission.Error
	if !errors.As(err, &why) {
		return done, err
	}
	s.log.InfoContext(ctx, "message was not sent", "reason", why.Text)
	if why.Final {
		return done, imap.No(imap.CodeCannot, why.Text)
	}
	return done, imap.No(imap.CodeUnavailable, why.Text)
}

// copyToOutbox handles COPY of a message that is to be sent.
func (s *session) copyToOutbox(ctx context.Context, outbox *place, t *targets) (imap.StatusResponse, error) {
	if t.count() != 1 {
		return done, errOneToSend()
	}
	r, err := s.selected.account.CopyTo(s.metered(ctx), s.selected.id, t.uids(), outbox.destination())
	if err != nil {
		return done, s.copyError(err)
	}
	if len(r.To) == 0 {
		return ok("", "No matching messages, so nothing was copied"), nil
	}
	return s.send(ctx, outbox, r.To[0].First)
}

// moveToOutbox handles MOVE of a message that is to be sent: it leaves its mailbox
// once it is.
func (s *session) moveToOutbox(ctx context.Context, outbox *place, t *targets) (imap.StatusResponse, error) {
	if s.selected.account == outbox.account && s.selected.id == outbox.mailbox.ID {
		return done, imap.No(imap.CodeCannot, "The message is in the outbox already; copy it to send it again")
	}
	answer, err := s.copyToOutbox(ctx, outbox, t)
	if err != nil {
		return answer, err
	}
	for _, r := range t.uids() {
		_, err := s.selected.account.Remove(context.WithoutCancel(ctx), s.selected.id, r.First)
		if err != nil && !errors.Is(err, restante.ErrExpunged) {
			s.log.WarnContext(ctx, "a message that was sent stays where it was", "error", err)
			continue
		}
		s.ownExpunged(mailstore.UIDSet{{First: r.First, Last: r.First}})
	}
	return answer, nil
}
