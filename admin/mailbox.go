package admin

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// Box names a mailbox: a user's, or without a user a public one of a domain.
type Box struct {
	User    string `json:"user,omitempty"`
	Domain  string `json:"domain,omitempty"` // empty: that of users without one
	Mailbox string `json:"mailbox"`          // without the prefix that clients see
}

// BoxRename gives a mailbox another name.
type BoxRename struct {
	Box
	To string `json:"to"`
}

// BoxGrant gives an identifier rights on a mailbox, in place of those that it had.
// Without rights it leaves the list.
type BoxGrant struct {
	Box
	Identifier string `json:"identifier"`
	Rights     string `json:"rights"`
}

// BoxACL is a mailbox with its access control list.
type BoxACL struct {
	Mailbox string     `json:"mailbox"`
	Grants  []BoxRight `json:"grants"`
}

// BoxRight is what an identifier has.
type BoxRight struct {
	Identifier string `json:"identifier"`
	Rights     string `json:"rights"`
}

// in calls f with the account that has the mailbox.
func (o Options) in(ctx context.Context, b Box, create bool, f func(namespace.Owner, *mailstore.Account) error) error {
	owner, err := o.owner(ctx, b, create)
	if err != nil {
		return err
	}
	a, err := o.Store.Account(ctx, owner.Account)
	if err != nil {
		return err
	}
	defer a.Release()
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	return f(owner, a)
}

// owner finds whose a mailbox is; with create the account of public ones is made.
func (o Options) owner(ctx context.Context, b Box, create bool) (namespace.Owner, error) {
	if b.User != "" {
		u, err := o.Directory.Lookup(ctx, b.User)
		return namespace.Owner{Account: u.Account, Name: u.Name, Tenant: o.Directory.Tenant(u.Name)}, err
	}
	tenant, err := o.Directory.Domain(b.Domain)
	if err != nil {
		return namespace.Owner{}, err
	}
	open := o.Directory.Public
	if create {
		open = o.Directory.MakePublic
	}
	id, err := open(ctx, tenant)
	return namespace.Owner{Account: id, Tenant: tenant}, err
}

// mailboxOf finds a mailbox in an account.
func mailboxOf(a *mailstore.Account, name string) (*mailstore.Mailbox, error) {
	if mb := a.State().MailboxByName(name); mb != nil {
		return mb, nil
	}
	return nil, fmt.Errorf("mailbox %q: %w", name, restante.ErrNotFound)
}

// createBox makes a mailbox. Public ones can be read by everyone of their domain if
// they got no list from the one above, for else nobody could see them.
func (o Options) createBox(ctx context.Context, in Box, _ func(any) error) (struct{}, error) {
	return struct{}{}, o.in(ctx, in, true, func(owner namespace.Owner, a *mailstore.Account) error {
		if !owner.IsPublic() && namespace.Reserved(in.Mailbox) {
			return fmt.Errorf("names of mailboxes of others begin like %q: %w", in.Mailbox, restante.ErrInvalid)
		}
		mb, err := a.CreateMailbox(ctx, in.Mailbox, nil)
		if err != nil {
			return err
		}
		o.Logger.Info("mailbox created", "user", owner.Name, "domain", owner.Tenant, "mailbox", mb.Name)
		if !owner.IsPublic() {
			return nil
		}
		if err := o.open(ctx, owner, a, mb); err != nil {
			return err
		}
		for above := range namespace.Superiors(mb.Name) {
			if err := o.open(ctx, owner, a, a.State().MailboxByName(above)); err != nil {
				return err
			}
		}
		return nil
	})
}

// open lets everyone read a public mailbox that has no list yet.
func (o Options) open(ctx context.Context, owner namespace.Owner, a *mailstore.Account, mb *mailstore.Mailbox) error {
	if mb == nil {
		return nil
	}
	if _, has := a.State().ACL(mb.ID); has {
		return nil
	}
	read := mailstore.RightLookup | mailstore.RightRead | mailstore.RightSeen
	return o.Namespace.Grant(ctx, owner, a, mb.ID, "anyone", namespace.Replace, read)
}

func (o Options) deleteBox(ctx context.Context, in Box, _ func(any) error) (struct{}, error) {
	return struct{}{}, o.in(ctx, in, false, func(owner namespace.Owner, a *mailstore.Account) error {
		if err := a.DeleteMailbox(ctx, in.Mailbox); err != nil {
			return err
		}
		o.Logger.Info("mailbox deleted", "user", owner.Name, "domain", owner.Tenant, "mailbox", in.Mailbox)
		return nil
	})
}

func (o Options) renameBox(ctx context.Context, in BoxRename, _ func(any) error) (struct{}, error) {
	return struct{}{}, o.in(ctx, in.Box, false, func(owner namespace.Owner, a *mailstore.Account) error {
		if !owner.IsPublic() && namespace.Reserved(in.To) {
			return fmt.Errorf("names of mailboxes of others begin like %q: %w", in.To, restante.ErrInvalid)
		}
		err := a.RenameMailbox(ctx, in.Mailbox, in.To)
		if err == nil {
			o.Logger.Info("mailbox renamed", "user", owner.Name, "domain", owner.Tenant, "mailbox", in.Mailbox, "to", in.To)
		}
		return err
	})
}

// listBoxes tells the mailboxes with their lists: all, or the one that is named.
func (o Options) listBoxes(ctx context.Context, in Box, event func(any) error) (struct{}, error) {
	return struct{}{}, o.in(ctx, in, false, func(owner namespace.Owner, a *mailstore.Account) error {
		list := a.State().Mailboxes()
		if in.Mailbox != "" {
			mb, err := mailboxOf(a, in.Mailbox)
			if err != nil {
				return err
			}
			list = []*mailstore.Mailbox{mb}
		}
		for _, mb := range list {
			if owner.IsPublic() && mb.Name == "INBOX" {
				continue // every account has one; here it is nobody's
			}
			grants, has := a.State().ACL(mb.ID)
			if !has {
				grants = owner.DefaultACL()
			}
			e := BoxACL{Mailbox: mb.Name}
			for _, g := range grants {
				e.Grants = append(e.Grants, BoxRight{Identifier: g.Identifier, Rights: g.Rights.String()})
			}
			if err := event(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o Options) grantBox(ctx context.Context, in BoxGrant, _ func(any) error) (struct{}, error) {
	rights, err := mailstore.ParseRights(in.Rights)
	if err != nil {
		return struct{}{}, err
	}
	who, err := o.Namespace.Identifier(ctx, in.Identifier)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, o.in(ctx, in.Box, false, func(owner namespace.Owner, a *mailstore.Account) error {
		mb, err := mailboxOf(a, in.Mailbox)
		if err != nil {
			return err
		}
		change := namespace.Replace
		if in.Rights == "" {
			change = namespace.Delete
		}
		if err := o.Namespace.Grant(ctx, owner, a, mb.ID, who, change, rights); err != nil {
			return err
		}
		o.Logger.Info("rights changed", "user", owner.Name, "domain", owner.Tenant, "mailbox", mb.Name, "identifier", who, "rights", in.Rights)
		return nil
	})
}
