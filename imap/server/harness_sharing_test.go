package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// public gives rights on a public mailbox of the users without a domain.
func (h *host) public(name, identifier, letters string) error {
	ctx := context.Background()
	rights, err := mailstore.ParseRights(letters)
	if err != nil {
		return err
	}
	id, err := h.users.MakePublic(ctx, "")
	if err != nil {
		return err
	}
	a, err := h.store.Account(ctx, id)
	if err != nil {
		return err
	}
	defer a.Release()
	mb := a.State().MailboxByName(name)
	if mb == nil {
		if mb, err = a.CreateMailbox(ctx, name, nil); err != nil {
			return err
		}
	}
	names := namespace.New(namespace.Options{Store: h.store, Directory: h.users})
	if identifier, err = names.Identifier(ctx, identifier); err != nil {
		return err
	}
	return names.Grant(ctx, namespace.Owner{Account: id}, a, mb.ID, identifier, namespace.Replace, rights)
}

// group adds a member to a group.
func (h *host) group(name, member string) error {
	ctx := context.Background()
	if _, err := h.users.AddGroup(ctx, name); err != nil && !errors.Is(err, restante.ErrExists) {
		return err
	}
	return h.users.Join(ctx, member, name)
}
