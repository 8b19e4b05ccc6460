package server

import (
	"context"
	"errors"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/legacy"
	"github.com/restante/restante/notify"
)

// features1203 are the features of IMAP3 that this server has: SEND needs a relay.
func (s *session) features1203() legacy.Features {
	all := legacy.AllFeatures()
	if s.srv.submit == nil {
		all &^= legacy.Send
	}
	return all
}

// follows reports whether the client hears of new mail while it is silent.
func (e *elder) follows() bool { return e != nil && e.cancel != nil }

// stop ends the subscription to changes.
func (e *elder) stop() {
	if e.follows() {
		e.cancel()
		e.cancel = nil
	}
}

// followNewMail makes the session wake for what happens to the selected mailbox, if the
// client has selected NEW.MAIL.NOTIFY (RFC 1203, appendix). It looks once afterwards, so
// that no change falls in between.
func (s *session) followNewMail() {
	s.elder.stop()
	if s.selected == nil || !s.elder.features.Has(legacy.NewMailNotify) {
		return
	}
	mailbox := s.selected.id
	s.elder.cancel = s.selected.account.Subscribe(func(e notify.Event) {
		if e.Structure || e.Removed || slices.Contains(e.Mailboxes, mailbox) {
			s.wake.wake()
		}
	})
	s.wake.wake()
}

// pushNewMail tells what is new in the selected mailbox between two commands, but for
// expunges: a client that sends a number at that moment would mean another message.
func (s *session) pushNewMail(ctx context.Context) {
	s.pushing = true
	s.update(ctx, false, false)
	s.pushing = false
}

func parseSend(s *session, o command.Options) (command.Command, error) {
	c, err := legacy.ParseSend(s.dec, s.srv.outbox, o)
	return c, err
}

// send1203 handles SEND (RFC 1203, appendix): the message goes the way of one that is
// put into the outbox, which is made where there is none.
func (s *session) send1203(ctx context.Context, c *command.Append) (imap.StatusResponse, error) {
	if !s.elder.features.Has(legacy.Send) {
		return done, imap.No("", "Select the feature SEND first")
	}
	at, err := s.destination(ctx, c.Mailbox)
	var refused *imap.StatusResponse
	if errors.As(err, &refused) && refused.Code == imap.CodeTryCreate {
		if _, err = s.create(ctx, command.Create{Mailbox: c.Mailbox}); err == nil {
			at, err = s.destination(ctx, c.Mailbox)
		}
	}
	if err == nil && !s.isOutbox(&at) {
		err = imap.No(imap.CodeCannot, "There is no way to send messages")
	}
	if err != nil {
		return done, err
	}
	s.unsent = false
	answer, err := s.append(ctx, c)
	if err == nil && s.unsent {
		answer.Type = imap.StatusNo // the client asked for nothing else
	}
	return answer, err
}
