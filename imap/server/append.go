package server

import (
	"context"
	"errors"
	"io"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// append handles APPEND with one message or many (RFC 9051 §6.3.12, RFC 3502):
// all are stored or none. Messages stream from the connection to the store. One
// that is refused before its literal is asked for is not sent; what else comes
// of the command is skipped by dispatch.
func (s *session) append(ctx context.Context, c *command.Append) (imap.StatusResponse, error) {
	to, err := s.destination(ctx, c.Mailbox)
	if err != nil {
		return done, err
	}
	if to.name != c.Mailbox && to.mailbox.Name != "INBOX" {
		s.tellNormalized(ctx, c.Mailbox, to.name)
	}
	outbox := s.isOutbox(&to)
	own := s.beginOwn(to.account)
	p := own.on(to.account).BeginAppend(ctx)
	defer p.Abort()
	copied := int64(0)
	for n := 0; ; n++ {
		m, more, err := c.Next(s.dec)
		if err != nil {
			return done, err
		}
		if !more {
			break
		}
		if outbox && n > 0 {
			return done, errOneToSend()
		}
		if err := s.refuseAppend(n); err != nil {
			return done, err
		}
		if err := s.takeMessage(ctx, p, c, &m, &to, &copied); err != nil {
			return done, err
		}
	}
	r, err := commitAppend(ctx, p, &to)
	if err != nil {
		return done, err
	}
	text := "APPEND completed"
	if outbox {
		var filed bool
		if text, filed = s.send(ctx, &to, r.First); filed {
			return ok("", text), nil
		}
	}
	s.warnQuota(to.account)
	s.ownArrived(&to, mailstore.UIDSet{{First: r.First, Last: r.Last}})
	own.messages(ctx, to.mailbox.ID, to.name, int(r.Last-r.First)+1)
	return ok(appendUID(&to, &r), text), nil
}

// commitAppend stores what was received. A mailbox that was there a moment ago can be
// made again.
func commitAppend(ctx context.Context, p *mailstore.Append, to *place) (mailstore.AppendResult, error) {
	r, err := p.Commit(ctx, to.mailbox.ID)
	if errors.Is(err, restante.ErrNotFound) {
		return r, errTryCreate()
	}
	return r, annotationError(err)
}

// appendUID gives APPENDUID for what was stored (RFC 9051 §7.1), no code for a mailbox
// that the user may not select, whose UIDs are not for him (RFC 9051 §6.3.12).
func appendUID(to *place, r *mailstore.AppendResult) imap.Code {
	if !to.rights.Has(mailstore.RightRead) {
		return ""
	}
	return imap.CodeAppendUID(r.UIDValidity, imap.NumSetRange(uint32(r.First), uint32(r.Last)))
}

// appendMessage takes a message that is given whole.
func (s *session) appendMessage(p *mailstore.Append, m *command.AppendMessage, to *place) error {
	if err := s.withinAppendLimit(to.mailbox, m.Literal.Size); err != nil {
		return err
	}
	if m.Literal.Size == 0 {
		// Also how a client gives up an APPEND of several (RFC 3502 §6.3.11).
		return errEmptyMessage()
	}
	w, err := beginMessage(p, m, to.rights)
	if err != nil {
		return err
	}
	err = s.takeLiteral(w)
	if errors.Is(err, restante.ErrTooLarge) {
		return errTooBig()
	}
	return err
}

// beginMessage starts a message with the flags and annotations that the user may set
// (RFC 4314 §4, RFC 5257 §3.4), and gives where its octets go.
func beginMessage(p *mailstore.Append, m *command.AppendMessage, rights mailstore.Rights) (io.Writer, error) {
	notes := annotations(m.Annotations)
	if !rights.Has(mailstore.AnnotationRights(notes)) {
		return nil, errNoPermission()
	}
	w, err := p.Message(mailstore.NewMessage{
		Flags: rights.Settable(m.Flags), InternalDate: m.Date, Size: m.Literal.Size, Annotations: notes,
	})
	if err != nil {
		return nil, annotationError(err)
	}
	return w, nil
}

// appendLimit gives how many octets a message may have that is put into a mailbox
// (RFC 7889 §3).
func (s *session) appendLimit(mb *mailstore.Mailbox) int64 {
	if own, ok := mb.AppendLimit(); ok {
		return min(own, s.srv.limits.Message)
	}
	return s.srv.limits.Message
}

// withinAppendLimit refuses a message of so many octets that is too large for a
// mailbox (RFC 7889 §4).
func (s *session) withinAppendLimit(mb *mailstore.Mailbox, size int64) error {
	if size > s.appendLimit(mb) {
		return errTooBig()
	}
	return nil
}

func errTooBig() error {
	return imap.No(imap.CodeTooBig, "Message is larger than APPENDLIMIT")
}

func errEmptyMessage() error {
	return imap.No(imap.CodeCannot, "An empty message cannot be stored")
}
