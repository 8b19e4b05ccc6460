package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// replace handles REPLACE and UID REPLACE (RFC 8508 §3): a message comes and
// another goes, in one commit. What the client is told is as after APPEND and UID
// EXPUNGE, with APPENDUID before the expunge (RFC 8508 §4.3).
func (s *session) replace(ctx context.Context, c *command.Replace) (imap.StatusResponse, error) {
	old, err := s.toReplace(ctx, c)
	if err != nil {
		return done, err
	}
	name := c.Append.Mailbox
	to, err := s.destination(ctx, name)
	if err != nil {
		return done, err
	}
	if to.name != name && to.mailbox.Name != "INBOX" {
		s.tellNormalized(ctx, name, to.name)
	}
	if s.isOutbox(&to) {
		return done, imap.No(imap.CodeCannot, "Messages are sent with APPEND, COPY and MOVE alone")
	}
	own := s.beginOwn(to.account)
	p := own.on(to.account).BeginAppend(ctx)
	defer p.Abort()
	here := to.account.ID() == s.selected.account.ID()
	if here {
		if err := p.Replace(ctx, s.selected.id, old); err != nil {
			return done, err
		}
	}
	if err := s.replacement(ctx, p, c, &to); err != nil {
		return done, err
	}
	r, err := commitAppend(ctx, p, &to)
	if err != nil {
		return done, err
	}
	modSeq, err := s.removeReplaced(ctx, &to, &r, old, here)
	perhaps := errors.Is(err, mailstore.ErrInBoth)
	if err != nil && !perhaps {
		return done, err
	}
	s.warnQuota(to.account)
	if !perhaps {
		s.ownExpunged(mailstore.UIDSet{{First: old, Last: old}})
	}
	s.ownArrived(&to, mailstore.UIDSet{{First: r.First, Last: r.Last}})
	own.messages(ctx, to.mailbox.ID, to.name, 1)
	if code := appendUID(&to, &r); code != "" {
		s.untaggedOK(code, "Replacement message ready")
	}
	if perhaps {
		return done, s.replacedPerhaps(ctx, err)
	}
	if modSeq > 0 && s.enabled.has(featureQResync) {
		return ok(imap.CodeHighestModSeq(uint64(modSeq)), c.Name()+" completed"), nil // RFC 8508 §4.5
	}
	return done, nil
}

// toReplace finds the message that is to be replaced.
func (s *session) toReplace(ctx context.Context, c *command.Replace) (restante.UID, error) {
	if c.UID {
		if err := s.lookAhead(ctx, c.Set); err != nil {
			return 0, err
		}
	}
	t, err := s.targets(c.Set, c.UID)
	switch {
	case err != nil:
		return 0, err
	case t.count() == 0:
		return 0, imap.No(imap.CodeNonExistent, "There is no such message to be replaced")
	case s.anyGone(&t):
		return 0, imap.No(imap.CodeExpungeIssued, "The message is gone; nothing was done")
	}
	return t.uids()[0].First, nil
}

// replacement takes the message that comes.
func (s *session) replacement(ctx context.Context, p *mailstore.Append, c *command.Replace, to *place) error {
	m, more, err := c.Append.Next(s.dec)
	if err != nil || !more {
		return err
	}
	if err := s.refuseAppend(0); err != nil {
		return err
	}
	copied := int64(0)
	if err := s.takeMessage(ctx, p, c.Append, &m, to, &copied); err != nil {
		return err
	}
	_, _, err = c.Append.Next(s.dec) // the end of the command
	return err
}

// removeReplaced gives the selected mailbox's modification sequence after the old
// message went; 0 is a mailbox that cannot be read now. Where the new one is another account's,
// no commit holds both: the old one goes afterwards.
func (s *session) removeReplaced(ctx context.Context, to *place, r *mailstore.AppendResult, old restante.UID, here bool) (restante.ModSeq, error) {
	left := r.Source
	if !here {
		var err error
		dst := mailstore.Destination{Account: to.account, Mailbox: to.mailbox.ID}
		if left, err = s.selected.account.RemoveReplaced(ctx, s.selected.id, old, dst, r.First); err != nil {
			return 0, err
		}
	}
	if left == nil {
		return 0, nil
	}
	return left.Mailbox().HighestModSeq, nil
}

// replacedPerhaps answers a REPLACE whose new message has arrived while the old one perhaps
// stays.
func (s *session) replacedPerhaps(ctx context.Context, err error) error {
	s.log.WarnContext(ctx, "a message was replaced, but perhaps not removed", "mailbox", s.selected.id, "error", err)
	status, _ := statusOf(err)
	return imap.No(status.Code, "The new message is there, and perhaps the old one too")
}
