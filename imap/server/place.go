package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// site is where the mailbox of a name is, or would be.
type site struct {
	account *mailstore.Account
	local   string // its name in that account
	prefix  string // what goes before names of that account, as the client knows them
}

// place is a mailbox that a name leads to, and what the session's user may do
// with it.
type place struct {
	account *mailstore.Account
	mailbox *mailstore.Mailbox
	name    string // as the client knows it
	rights  mailstore.Rights
}

// site finds out where a name leads. It asks for no rights.
func (s *session) site(_ context.Context, name string) (site, error) {
	return site{account: s.account, local: name}, nil
}

// place finds the mailbox of a name for a command that needs certain rights on it
// (RFC 4314 §4). The account is brought up to date first, for a client opens what
// another one has just made. A mailbox that the user may not even look up is
// answered as one that is not there (RFC 4314 §6).
func (s *session) place(ctx context.Context, name string, need mailstore.Rights) (place, error) {
	at, err := s.site(ctx, name)
	if err != nil {
		return place{}, err
	}
	if err := at.account.Refresh(ctx); err != nil {
		return place{}, err
	}
	return s.placeAt(at, need)
}

// placeAt is place for a site that is up to date.
func (s *session) placeAt(at site, need mailstore.Rights) (place, error) {
	mb := at.account.State().MailboxByName(at.local)
	if mb == nil {
		return place{}, errNoMailbox()
	}
	p := place{account: at.account, mailbox: mb, name: at.prefix + mb.Name, rights: s.rights(at.account, mb)}
	return p, p.demand(need)
}

// demand answers a command that needs rights which are not there.
func (p *place) demand(need mailstore.Rights) error {
	switch {
	case p.rights.Has(need):
		return nil
	case p.rights.Has(mailstore.RightLookup):
		return restante.ErrNotPermitted
	}
	return errNoMailbox()
}

// rights gives what the session's user may do with a mailbox of an account.
func (s *session) rights(_ *mailstore.Account, _ *mailstore.Mailbox) mailstore.Rights {
	return mailstore.AllRights
}

func errNoMailbox() error {
	return imap.No(imap.CodeNonExistent, "No such mailbox")
}

// mailboxID gives a mailbox's object identifier (RFC 8474 §4).
func mailboxID(account *mailstore.Account, id restante.MailboxID) string {
	return restante.ObjectID('F', account.ID(), uint64(id))
}
