package namespace

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
)

// OwnerOf is the owner of a user's mailboxes.
func (n *Namespace) OwnerOf(u directory.User) Owner {
	return Owner{Account: u.Account, Name: u.Name, Tenant: n.directory.Tenant(u.Name)}
}

// PublicOf is the owner of the public mailboxes of a domain; an empty one stands for
// the users without a domain. The error is restante.ErrNotFound if there are none yet,
// and restante.ErrInvalid for what is no domain.
func (n *Namespace) PublicOf(ctx context.Context, domain string) (Owner, error) {
	tenant, err := n.directory.Domain(domain)
	if err != nil {
		return Owner{}, err
	}
	return n.public(ctx, tenant)
}

// MayPost reports whether anybody may send mail to a mailbox of the owner by its
// address (RFC 4314 §2.1, "p"). Who sends is not known, which makes him "anonymous"
// and one of "anyone". To a user's mailbox he sends by the user's own address, and so
// may do it if the owner has the right, as he has where no list says otherwise: to
// share a mailbox with others changes nothing. A public mailbox takes mail only where
// a list says so. What entries with a dash take from any of these is not there.
func (o Owner) MayPost(state *mailstore.State, id restante.MailboxID) bool {
	list, has := state.ACL(id)
	if !has {
		return !o.IsPublic()
	}
	return list.Rights(func(identifier string) bool {
		return identifier == anyone || identifier == anonymous || !o.IsPublic() && identifier == o.Name
	}).Has(mailstore.RightPost)
}
