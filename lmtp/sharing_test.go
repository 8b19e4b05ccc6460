package lmtp_test

import (
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// grant gives an identifier rights on a mailbox of a user, or with the name
// "public@DOMAIN" on a public one, which is made if it is not there.
func (s *site) grant(owner namespace.Owner, mailbox, who, letters string) error {
	rights, err := mailstore.ParseRights(letters)
	if err != nil {
		return err
	}
	a, err := s.store.Account(s.t.Context(), owner.Account)
	if err != nil {
		return err
	}
	defer a.Release()
	mb := a.State().MailboxByName(mailbox)
	if mb == nil {
		if mb, err = a.CreateMailbox(s.t.Context(), mailbox, nil); err != nil {
			return err
		}
	}
	return s.names.Grant(s.t.Context(), owner, a, mb.ID, who, namespace.Replace, rights)
}

// share does @acl USER MAILBOX WHO RIGHTS, @public DOMAIN MAILBOX WHO RIGHTS and
// @posted DOMAIN MAILBOX COUNT.
func (s *site) share(words []string) error {
	ctx := s.t.Context()
	if words[0] == "acl" {
		u, err := s.users.Lookup(ctx, words[1])
		if err != nil {
			return err
		}
		return s.grant(s.names.OwnerOf(u), words[2], words[3], words[4])
	}
	id, err := s.users.MakePublic(ctx, words[1])
	if err != nil {
		return err
	}
	if words[0] == "public" {
		return s.grant(namespace.Owner{Account: id, Tenant: words[1]}, words[2], words[3], words[4])
	}
	a, err := s.store.Account(ctx, id)
	if err != nil {
		return err
	}
	defer a.Release()
	mb := a.State().MailboxByName(words[2])
	if mb == nil {
		return restante.ErrNotFound
	}
	if got := fmt.Sprint(mb.Messages); got != words[3] {
		return fmt.Errorf("%s has %s messages", words[2], got)
	}
	return nil
}
