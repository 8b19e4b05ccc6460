package server

import (
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// resetKey handles RESETKEY (RFC 4467 §7).
func (s *session) resetKey(ctx context.Context, c command.ResetKey) (imap.StatusResponse, error) {
	if c.Mailbox == "" {
		if err := s.account.RemoveURLKeys(ctx); err != nil {
			return done, err
		}
		return ok("", "All keys removed"), nil
	}
	for _, m := range c.Mechanisms {
		if !strings.EqualFold(m, internalMechanism) {
			return done, imap.No(imap.CodeCannot, "There is no such URLAUTH mechanism here")
		}
	}
	p, err := s.place(ctx, c.Mailbox, mailstore.RightRead)
	if err != nil {
		return done, err
	}
	at := s.urlKeyPlace(p.account, p.mailbox.ID)
	_, err = s.account.MakeURLKey(ctx, at, true)
	if errors.Is(err, restante.ErrLimit) {
		return done, imap.No(imap.CodeLimit, "Too many mailboxes have keys; RESETKEY removes all")
	}
	if err != nil {
		return done, err
	}
	if s.selected != nil && s.urlKeyPlace(s.selected.account, s.selected.id) == at {
		s.selected.urlReset = s.account.State().URLKeyReset(at)
	}
	if !s.tellsURLMech() {
		return done, nil
	}
	return ok(imap.CodeURLMech, "RESETKEY completed"), nil
}

// urlKeyPlace gives where the user's key of a mailbox is in the table of his keys.
func (s *session) urlKeyPlace(account *mailstore.Account, id restante.MailboxID) mailstore.URLKeyPlace {
	if account.ID() == s.account.ID() {
		return mailstore.URLKeyPlace{Mailbox: id}
	}
	return mailstore.URLKeyPlace{Owner: account.ID(), Mailbox: id}
}

// tellsURLMech reports whether URLMECH may be told: not where others could read it,
// unless that is configured (RFC 4467 §10).
func (s *session) tellsURLMech() bool { return s.srv.urlMechInClear || s.conn.TLSState() != nil }

// describeURLMech tells with SELECT and EXAMINE which mechanisms there are (RFC 4467
// §8).
func (s *session) describeURLMech() {
	s.selected.urlReset = s.account.State().URLKeyReset(s.urlKeyPlace(s.selected.account, s.selected.id))
	if s.tellsURLMech() && s.has("URLAUTH") {
		s.untaggedOK(imap.CodeURLMech, "Mechanisms of URLAUTH")
	}
}

// tellURLMech tells a client whose user has replaced the key of the selected mailbox
// in another session (RFC 4467 §7).
func (s *session) tellURLMech() {
	if s.selected == nil || s.account == nil {
		return
	}
	now := s.account.State().URLKeyReset(s.urlKeyPlace(s.selected.account, s.selected.id))
	if now <= s.selected.urlReset {
		return
	}
	s.selected.urlReset = now
	if s.tellsURLMech() {
		s.untaggedOK(imap.CodeURLMech, "Mailbox access key was replaced")
	}
}
