package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// copy handles COPY and UID COPY (RFC 9051 §6.4.7): all messages are copied or
// none.
func (s *session) copy(ctx context.Context, c *command.Copy) (imap.StatusResponse, error) {
	dst, t, err := s.copyTargets(ctx, c)
	if err != nil || t.count() == 0 {
		return ok("", "No matching messages, so nothing was copied"), err
	}
	if err := s.refuseCopy(t); err != nil {
		return done, err
	}
	if s.isOutbox(&dst) {
		return s.copyToOutbox(ctx, c, &dst, &t, false)
	}
	own := s.beginOwn(dst.account)
	r, err := own.on(s.selected.account).CopyTo(s.metered(ctx), s.selected.id, t.uids(), whole(own.destination(&dst), c, &t))
	if err != nil {
		return done, s.copyError(err)
	}
	s.ownArrived(&dst, r.To)
	own.messages(ctx, dst.mailbox.ID, dst.name, int(r.To.Count()))
	if len(r.From) == 0 {
		return ok("", "No matching messages, so nothing was copied"), nil
	}
	s.warnQuota(dst.account)
	return ok(copyUID(&dst, &r), c.Name()+" completed"), nil
}

// whole makes a command that names messages by sequence number take all of them or
// none, also if some go at this moment, as with a RENAME of INBOX: a client knows that
// they are there (RFC 9051 §6.4.7). UIDs that are not there are left out (RFC 9051
// §6.4.9).
func whole(d mailstore.Destination, c *command.Copy, t *targets) mailstore.Destination {
	if !c.UID {
		d.Count = t.count()
	}
	return d
}

// copyTargets finds what a COPY or MOVE names and where it is to go.
func (s *session) copyTargets(ctx context.Context, c *command.Copy) (place, targets, error) {
	if c.UID {
		if err := s.lookAhead(ctx, c.Set); err != nil {
			return place{}, targets{}, err
		}
	}
	t, err := s.targets(c.Set, c.UID)
	if err != nil {
		return place{}, t, err
	}
	dst, err := s.destination(ctx, c.Mailbox)
	if err != nil {
		return place{}, t, err
	}
	if c.UID {
		return dst, t, nil
	}
	if err := s.sync(ctx, false, false); err != nil { // also what this session has not looked at yet
		return place{}, t, err
	}
	if s.anyGone(&t) {
		// RFC 2180 §4.4.1: a copy of them cannot be made any more.
		return place{}, t, imap.No(imap.CodeExpungeIssued, "Some of the messages are gone; nothing was done")
	}
	return dst, t, nil
}

// anyGone reports whether one of the targets was expunged by another session
// and the client has not been told.
func (s *session) anyGone(t *targets) bool {
	ghosts := s.selected.view.GhostSet()
	if len(ghosts) == 0 {
		return false
	}
	uids := t.uids()
	for _, r := range ghosts {
		for _, have := range uids {
			if r.First <= have.Last && have.First <= r.Last {
				return true
			}
		}
	}
	return false
}

// destination finds the mailbox that messages are to be put in, which takes the
// right to insert them (RFC 4314 §4). If one that is not there could be made, the
// client is told so (RFC 9051 §6.3.12, TRYCREATE).
func (s *session) destination(ctx context.Context, name string) (place, error) {
	at, err := s.site(ctx, name)
	if err != nil {
		return place{}, err
	}
	mb := at.account.State().MailboxByName(at.local)
	if mb == nil || mb.NoSelect {
		// Another node may have made it.
		if err := at.account.RefreshSince(ctx, s.moment); err != nil {
			return place{}, err
		}
		mb = at.account.State().MailboxByName(at.local)
	}
	if mb == nil || mb.NoSelect {
		if err := s.srv.store.Limits().CheckName(at.local); err != nil {
			return place{}, err
		}
		if err := s.mayCreate(ctx, at); err != nil {
			return place{}, errNoMailbox()
		}
		return place{}, errTryCreate()
	}
	return s.placeAt(ctx, at, mailstore.RightInsert)
}

func errTryCreate() error {
	return imap.No(imap.CodeTryCreate, "No such mailbox; it can be created")
}

// copyError gives the answer to a failed COPY or MOVE. A mailbox that was there
// a moment ago is the destination: the selected one's end is told by sync.
func (s *session) copyError(err error) error {
	if errors.Is(err, restante.ErrNotFound) && s.selected.mailbox() != nil {
		return errTryCreate()
	}
	return err
}

// copyUID gives COPYUID for what was copied (RFC 9051 §7.1), no code for a mailbox
// that the user may not select, whose UIDs are not for him (RFC 9051 §6.4.7).
func copyUID(dst *place, r *mailstore.CopyResult) imap.Code {
	if !dst.rights.Has(mailstore.RightRead) {
		return ""
	}
	return imap.CodeCopyUID(r.UIDValidity, numSet(r.From), numSet(r.To))
}
