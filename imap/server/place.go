package server

import (
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// site is where the mailbox of a name is, or would be.
type site struct {
	owner   namespace.Owner
	account *mailstore.Account
	local   string // its name in that account
}

// place is a mailbox that a name leads to, and what the session's user may do
// with it.
type place struct {
	account *mailstore.Account
	mailbox *mailstore.Mailbox
	name    string // as the client knows it
	rights  mailstore.Rights
	owner   namespace.Owner
}

// site finds out where a name leads. It asks for no rights. A name in the account
// of a user who does not exist, or who shares nothing with this one, is
// restante.ErrNotFound, and so are levels above all mailboxes. A mailbox of the user's
// own with such a name, from before there was sharing, stays his.
func (s *session) site(ctx context.Context, name string) (site, error) {
	if err := s.refer(name); err != nil {
		return site{}, err
	}
	if !namespace.Reserved(name) || s.account.State().MailboxByName(name) != nil {
		return site{owner: s.names.Self(), account: s.account, local: name}, nil
	}
	owner, local, err := s.names.Find(ctx, name)
	if err != nil {
		return site{}, err
	}
	account, err := s.visit(ctx, owner)
	return site{owner: owner, account: account, local: local}, err
}

// own reports whether the site is in the account of the session's user.
func (s *session) own(at site) bool { return at.account == s.account }

// visit opens the account of an owner until the end of the command, or for as long
// as a mailbox of it is selected. It is brought up to date.
func (s *session) visit(ctx context.Context, owner namespace.Owner) (*mailstore.Account, error) {
	if owner.Account == s.account.ID() {
		return s.account, s.account.RefreshSince(ctx, s.moment)
	}
	account := s.visited[owner.Account]
	if account == nil {
		var err error
		if account, err = s.names.Open(ctx, owner); err != nil {
			return nil, err
		}
		if s.visited == nil {
			s.visited = make(map[restante.AccountID]*mailstore.Account)
		}
		s.visited[owner.Account] = account
	}
	return account, account.RefreshSince(ctx, s.moment)
}

// endVisits gives back the accounts that the command had opened.
func (s *session) endVisits() {
	for id, account := range s.visited {
		if s.selected == nil || s.selected.account != account {
			account.Release()
			delete(s.visited, id)
		}
	}
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
	if err := at.account.RefreshSince(ctx, s.moment); err != nil {
		return place{}, err
	}
	return s.placeAt(ctx, at, need)
}

// placeAt is place for a site that is up to date.
func (s *session) placeAt(ctx context.Context, at site, need mailstore.Rights) (place, error) {
	mb := at.account.State().MailboxByName(at.local)
	if mb == nil {
		return place{}, errNoMailbox()
	}
	p := place{account: at.account, mailbox: mb, name: at.owner.Prefix + mb.Name, owner: at.owner}
	var err error
	if p.rights, err = s.rights(ctx, &p); err != nil {
		return place{}, err
	}
	return p, p.demand(need)
}

// demand answers a command that needs rights which are not there.
func (p *place) demand(need mailstore.Rights) error {
	switch {
	case p.rights.Has(need):
		return nil
	case p.rights.Has(mailstore.RightLookup):
		return errNoPermission()
	}
	return errNoMailbox()
}

// rights gives what the session's user may do with a mailbox.
func (s *session) rights(ctx context.Context, p *place) (mailstore.Rights, error) {
	state := p.account.State()
	if p.account == s.account && !state.HasACLs() {
		return mailstore.AllRights, nil
	}
	return s.names.Rights(ctx, p.owner, state, p.mailbox.ID)
}

// mayCreate answers whether the user may make the mailbox of a site: he needs the
// right on the nearest mailbox above it (RFC 4314 §4), and without one may do so in
// his own account. What is there is not told.
func (s *session) mayCreate(ctx context.Context, at site) error {
	state := at.account.State()
	for above := range namespace.Superiors(at.local) {
		mb := state.MailboxByName(above)
		if mb == nil {
			continue
		}
		r, err := s.rights(ctx, &place{account: at.account, mailbox: mb, owner: at.owner})
		if err == nil && !r.Has(mailstore.RightCreate) {
			err = errNoPermission()
		}
		return err
	}
	if !s.own(at) {
		return errNoPermission()
	}
	return nil
}

// hasChildren reports whether there are mailboxes below a name of a site which the
// user may look up.
func (s *session) hasChildren(ctx context.Context, at site) bool {
	state := at.account.State()
	if s.own(at) || !state.HasChildren(at.local) {
		return state.HasChildren(at.local)
	}
	for id := range state.ACLs {
		mb := state.Mailbox(id)
		if mb == nil || mb.NoSelect || !strings.HasPrefix(mb.Name, at.local+namespace.Separator) {
			continue
		}
		r, err := s.rights(ctx, &place{account: at.account, mailbox: mb, owner: at.owner})
		if err == nil && r.Has(mailstore.RightLookup) {
			return true
		}
	}
	return false
}

// newSite is site for a mailbox that is to be made there, which the user may do.
func (s *session) newSite(ctx context.Context, name string) (site, error) {
	at, err := s.site(ctx, name)
	if errors.Is(err, restante.ErrNotFound) {
		return at, errNoPermission()
	}
	if err == nil {
		err = at.account.RefreshSince(ctx, s.moment)
	}
	if err != nil {
		return at, err
	}
	return at, s.mayCreate(ctx, at)
}

func errNoMailbox() error {
	return imap.No(imap.CodeNonExistent, "No such mailbox")
}

func errNoPermission() error {
	return imap.No(imap.CodeNoPerm, "You have no permission to do this")
}

// mailboxID gives a mailbox's object identifier (RFC 8474 §4).
func mailboxID(account *mailstore.Account, id restante.MailboxID) string {
	return restante.ObjectID('F', account.ID(), uint64(id))
}

// destination gives the place as one that messages are copied to.
func (p *place) destination() mailstore.Destination {
	return mailstore.Destination{Account: p.account, Mailbox: p.mailbox.ID, Rights: p.rights}
}
