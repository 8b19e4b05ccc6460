package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
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

// send sends a message that was just put into the outbox, where it lies on the disk.
// It answers what the client is told with OK, since the message was stored in any
// case, and NO would mean that it was not (RFC 9051 §6.3.12). If it cannot be sent it
// stays in the outbox, marked by a keyword, and the client gets an alert that says
// why. One that is filed elsewhere has no UID in the outbox any more.
func (s *session) send(ctx context.Context, outbox *place, uid restante.UID) (text string, filed bool) {
	filed, err := s.srv.submit.Submit(ctx, outbox.account, outbox.mailbox.ID, uid)
	if s.unsent = err != nil; !s.unsent {
		return "The message was sent", filed
	}
	var why *submission.Error
	alert := imap.No(imap.CodeAlert, "The message could not be sent now")
	if errors.As(err, &why) {
		alert = imap.No(imap.CodeAlert, why.Text)
	}
	s.log.WarnContext(ctx, "message was not sent", "reason", alert.Text, "error", err)
	s.enc.Status("*", *alert)
	if why != nil && why.Unknown {
		return "The message may have been sent, and stays in the outbox", false
	}
	return "The message was not sent and stays in the outbox", false
}

// copyToOutbox handles COPY and MOVE of a message that is to be sent: it is put into
// the outbox, and sent from there. MOVE within the outbox is how one is sent again
// that could not be sent.
func (s *session) copyToOutbox(ctx context.Context, c *command.Copy, outbox *place, t *targets, move bool) (imap.StatusResponse, error) {
	if t.count() != 1 {
		return done, errOneToSend()
	}
	own := s.beginOwn(outbox.account)
	from := own.on(s.selected.account)
	transfer := from.CopyTo
	if move {
		transfer = from.MoveTo
	}
	r, err := transfer(s.metered(ctx), s.selected.id, t.uids(), whole(own.destination(outbox), c, t))
	if errors.Is(err, mailstore.ErrInBoth) {
		return done, s.copiedOnly(ctx, own, outbox, &r, err)
	}
	if err != nil {
		return done, s.copyError(err)
	}
	if len(r.To) == 0 {
		return ok("", "No matching messages, so nothing was copied"), nil
	}
	uid, code := r.To[0].First, imap.Code("")
	text, filed := s.send(ctx, outbox, uid)
	if !filed {
		code = copyUID(outbox, &r)
		s.ownArrived(outbox, mailstore.UIDSet{{First: uid, Last: uid}})
		own.messages(ctx, outbox.mailbox.ID, outbox.name, 1)
		s.warnQuota(outbox.account)
	}
	if !move {
		return ok(code, text), nil
	}
	s.ownExpunged(r.From)
	if code != "" {
		s.untaggedOK(code, "Moved")
	}
	if r.Source == nil {
		return ok("", text), nil
	}
	return ok(imap.CodeHighestModSeq(uint64(r.Source.Mailbox().HighestModSeq)), text), nil
}
