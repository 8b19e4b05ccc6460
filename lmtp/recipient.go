package lmtp

import (
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// recipient is an accepted RCPT TO.
type recipient struct {
	address string // as given
	owner   namespace.Owner
	detail  string // the mailbox that the address names; of a public one its name
}

// recipient finds whose an address is. One that names a public mailbox which takes
// mail goes before users. Errors are those of Options.Resolve.
func (s *session) recipient(ctx context.Context, address string) (recipient, error) {
	r, err := s.public(ctx, address)
	if !errors.Is(err, restante.ErrNotFound) && !errors.Is(err, restante.ErrInvalid) {
		return r, err
	}
	u, detail, err := s.server.o.Resolve(ctx, address)
	if err != nil {
		return recipient{}, err
	}
	return recipient{address: address, owner: s.server.o.Namespace.OwnerOf(u), detail: detail}, nil
}

// public finds the public mailbox that an address names: the detail after
// Options.PublicUser, of the address's domain. One that takes no mail is answered as
// one that is not there: restante.ErrNotFound.
func (s *session) public(ctx context.Context, address string) (recipient, error) {
	local, domain := address, ""
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], address[at+1:]
	}
	user, detail, _ := strings.Cut(local, "+")
	if detail == "" || s.server.o.PublicUser == "" || !strings.EqualFold(user, s.server.o.PublicUser) {
		return recipient{}, restante.ErrNotFound
	}
	owner, err := s.server.o.Namespace.PublicOf(ctx, domain)
	if err != nil {
		return recipient{}, err
	}
	a, err := s.server.o.Store.Account(ctx, owner.Account)
	if err != nil {
		return recipient{}, err
	}
	defer a.Release()
	r := recipient{address: address, owner: owner, detail: detail}
	if err := r.refresh(ctx, a); err != nil {
		return r, err
	}
	_, err = r.target(a.State())
	return r, err
}

// refresh brings the account up to date where it depends on that which mailbox the
// message goes to: another node may have made one, or changed who may post to it. A
// message for INBOX needs no look, because the commit itself finds out.
func (r *recipient) refresh(ctx context.Context, a *mailstore.Account) error {
	if r.detail == "" {
		return nil
	}
	return a.Refresh(ctx)
}

// target is the mailbox that a message goes to: the one that the detail names, where
// there is one that mail may be sent to, and else INBOX. Mailboxes below INBOX are
// found without it, as other servers do. Public ones have no INBOX to fall back to:
// the error is restante.ErrNotFound.
func (r *recipient) target(s *mailstore.State) (*mailstore.Mailbox, error) {
	names := []string{r.detail, "INBOX/" + r.detail}
	if r.owner.IsPublic() {
		names = names[:1]
	}
	for _, name := range names {
		if m := findMailbox(s, name); r.detail != "" && m != nil && !m.NoSelect && r.owner.MayPost(s, m.ID) {
			return m, nil
		}
	}
	if r.owner.IsPublic() {
		return nil, restante.ErrNotFound
	}
	return s.MailboxByName("INBOX"), nil
}

// findMailbox prefers the exact name and else takes the one that differs in
// case alone: mail systems in between may change the case of an address.
func findMailbox(s *mailstore.State, name string) *mailstore.Mailbox {
	if m := s.MailboxByName(name); m != nil {
		return m
	}
	for _, m := range s.Mailboxes() {
		if strings.EqualFold(m.Name, name) {
			return m
		}
	}
	return nil
}
