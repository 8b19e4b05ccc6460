package namespace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
)

// Identifiers that are no login names (RFC 4314 §2). "anyone" means all users of
// the owner's domain, "group:NAME" the members of a group.
const (
	anyone      = "anyone"
	anonymous   = "anonymous"
	groupPrefix = "group:"
)

// everyone is the identifier under which the directory knows a tenant's users.
func everyone(tenant string) string { return anyone + "@" + tenant }

// Identifier gives the one form in which an identifier stands in lists: "anyone",
// "anonymous", "group:NAME", which may be written "$NAME", or a login name, each
// perhaps with a dash before it. Whether there is such a user is not asked. The
// error is restante.ErrInvalid for what cannot be one.
func (n *Namespace) Identifier(ctx context.Context, text string) (string, error) {
	who, negative := strings.CutPrefix(text, "-")
	who, err := n.positive(ctx, who)
	if negative {
		who = "-" + who
	}
	return who, err
}

func (n *Namespace) positive(ctx context.Context, who string) (string, error) {
	if who == anyone || who == anonymous {
		return who, nil
	}
	group, isGroup := strings.CutPrefix(who, groupPrefix)
	if !isGroup {
		group, isGroup = strings.CutPrefix(who, "$")
	}
	if isGroup {
		name, err := directory.Canonical(group)
		return groupPrefix + name, err
	}
	u, err := n.directory.LookupDiscreetly(ctx, who)
	if errors.Is(err, restante.ErrNotFound) {
		return directory.Canonical(who)
	}
	return u.Name, err
}

// Change is a change of what an identifier has in a mailbox's list.
type Change uint8

// The changes that SETACL and DELETEACL make (RFC 4314 §3.1, §3.2).
const (
	Replace Change = iota
	Add
	Remove
	Delete // the identifier leaves the list
)

// Grant changes what an identifier, in the form that Identifier gives, has in the
// list of a mailbox of an owner. Whoever gets rights finds the mailbox from then on.
// Errors are those of mailstore.Account.SetACL.
func (n *Namespace) Grant(
	ctx context.Context, o Owner, a *mailstore.Account, id restante.MailboxID, identifier string, c Change, r mailstore.Rights,
) error {
	key := o.shareKey(identifier)
	if key != "" && c != Remove && c != Delete {
		// The index comes first, so that it never lacks what a list says.
		if err := n.directory.Share(ctx, key, a.ID()); err != nil {
			return err
		}
	}
	if key := o.mentionKey(identifier, c, r); key != "" {
		if err := n.directory.Share(ctx, key, a.ID()); err != nil {
			return err
		}
	}
	err := a.SetACL(ctx, id, func(list mailstore.ACL, has bool) (mailstore.ACL, error) {
		if !has {
			list = o.DefaultACL()
		}
		if c == Delete {
			return list.Without(identifier), nil
		}
		old, _ := list.Of(identifier)
		switch c {
		case Add:
			return list.With(identifier, old|r), nil
		case Remove:
			return list.With(identifier, old&^r), nil
		}
		return list.With(identifier, r), nil
	})
	if err != nil {
		return fmt.Errorf("list of mailbox %d: %w", id, err)
	}
	if key == "" {
		return nil
	}
	return n.settle(ctx, a, identifier, key)
}

// settle makes the index say what the lists of an account say of an identifier.
// Another one may change them at this moment: whoever takes a row away looks
// whether it is needed again, and whoever needs it looks whether it is still there.
func (n *Namespace) settle(ctx context.Context, a *mailstore.Account, identifier, key string) error {
	if names(a.State(), identifier) {
		return n.directory.Share(ctx, key, a.ID())
	}
	if err := n.directory.Unshare(ctx, key, a.ID()); err != nil {
		return err
	}
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	if names(a.State(), identifier) {
		return n.directory.Share(ctx, key, a.ID())
	}
	return nil
}

// names reports whether any list of an account grants something to an identifier.
func names(s *mailstore.State, identifier string) bool {
	for _, list := range s.ACLs {
		if r, _ := list.Of(identifier); r != 0 {
			return true
		}
	}
	return false
}

// DefaultACL is what holds for a mailbox without a list: everything for the owner,
// if there is one, and nothing for others.
func (o Owner) DefaultACL() mailstore.ACL {
	if o.IsPublic() {
		return mailstore.ACL{}
	}
	return mailstore.ACL{{Identifier: o.Name, Rights: mailstore.AllRights}}
}

// shareKey is the identifier under which the directory notes that the owner shares
// something, empty for one that nobody finds anything by.
func (o Owner) shareKey(identifier string) string {
	switch {
	case strings.HasPrefix(identifier, "-"), identifier == anonymous, identifier == o.Name:
		return ""
	case identifier == anyone:
		return everyone(o.Tenant)
	}
	return identifier
}

// mentionKey is under what the directory notes that a change may leave an identifier
// in a list without rights, or with a dash, so that it can be forgotten; empty for
// other changes. Nobody finds mailboxes by it.
func (o Owner) mentionKey(identifier string, c Change, r mailstore.Rights) string {
	who, negative := strings.CutPrefix(identifier, "-")
	switch {
	case c == Delete, who == anyone, who == anonymous, who == o.Name:
		return ""
	case negative, c == Remove, c == Replace && r == 0:
		return "-" + who
	}
	return ""
}

// Forget takes a user, or a group as "group:NAME", out of all lists, before
// another one gets the name.
func (n *Namespace) Forget(ctx context.Context, identifier string) error {
	for _, key := range [...]string{identifier, "-" + identifier} {
		owners, err := n.directory.Shares(ctx, key)
		if err != nil {
			return err
		}
		for _, id := range owners {
			if err := n.forgetIn(ctx, id, identifier); err != nil && !errors.Is(err, restante.ErrNotFound) {
				return err
			}
			if err := n.directory.Unshare(ctx, key, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Namespace) forgetIn(ctx context.Context, owner restante.AccountID, identifier string) error {
	a, err := n.store.Account(ctx, owner)
	if err != nil {
		return err
	}
	defer a.Release()
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	for id := range a.State().ACLs {
		err := a.SetACL(ctx, id, func(list mailstore.ACL, has bool) (mailstore.ACL, error) {
			if !has {
				return nil, nil
			}
			return list.Without(identifier).Without("-" + identifier), nil
		})
		if err != nil && !errors.Is(err, restante.ErrNotFound) {
			return err
		}
	}
	return nil
}
