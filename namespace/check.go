package namespace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
)

// Finding is an identifier in an access control list without a row in the directory's
// index: he does not find what is shared with him, or is not forgotten with his name.
type Finding struct {
	Owner      Owner
	Identifier string
	Repaired   bool // the row is there again
}

// Check verifies that the directory's index has all that the lists of all accounts say
// (Grant). With repair, what is missing is noted again. It may run while the store is in
// use.
func (n *Namespace) Check(ctx context.Context, repair bool, f func(Finding) error) error {
	err := n.directory.List(ctx, func(u directory.User) error {
		return n.checkOwner(ctx, n.OwnerOf(u), repair, f)
	})
	if err != nil {
		return err
	}
	public, err := n.directory.PublicAccounts(ctx)
	if err != nil {
		return err
	}
	for id, tenant := range public {
		if err := n.checkOwner(ctx, Owner{Account: id, Tenant: tenant}, repair, f); err != nil {
			return err
		}
	}
	return nil
}

// checkOwner is Check for one account. One that cannot be opened is left to the check
// of the store.
func (n *Namespace) checkOwner(ctx context.Context, o Owner, repair bool, f func(Finding) error) error {
	a, err := n.store.Account(ctx, o.Account)
	if err != nil {
		return ctx.Err()
	}
	defer a.Release()
	for identifier, key := range o.indexed(a.State()) {
		missing := true
		for look := 0; missing && look < 2; look++ { // both may be changed at this moment
			owners, err := n.directory.Shares(ctx, key)
			if err != nil {
				return err
			}
			if err := a.Refresh(ctx); err != nil {
				return err
			}
			missing = !slices.Contains(owners, o.Account) && o.indexed(a.State())[identifier] == key
		}
		if !missing {
			continue
		}
		if repair {
			if err := n.directory.Share(ctx, key, o.Account); err != nil {
				return err
			}
		}
		if err := f(Finding{Owner: o, Identifier: identifier, Repaired: repair}); err != nil {
			return err
		}
	}
	return nil
}

// indexed gives the identifiers in an account's lists that the index must have, each
// with its key there.
func (o Owner) indexed(s *mailstore.State) map[string]string {
	keys := make(map[string]string)
	for _, list := range s.ACLs {
		for _, g := range list {
			key := o.shareKey(g.Identifier)
			if strings.HasPrefix(g.Identifier, "-") {
				key = o.mentionKey(g.Identifier, Replace, g.Rights)
			}
			if key != "" && g.Rights != 0 {
				keys[g.Identifier] = key
			}
		}
	}
	return keys
}

// String gives the finding as one line.
func (f Finding) String() string {
	whose := fmt.Sprintf("user %q", f.Owner.Name)
	if f.Owner.IsPublic() {
		whose = fmt.Sprintf("the public mailboxes of %q", f.Owner.Tenant)
	}
	text := fmt.Sprintf("directory: %s: it is not noted that %q stands in a list (account %d)", whose, f.Identifier, uint64(f.Owner.Account))
	if f.Repaired {
		text += "; it is noted again"
	}
	return text
}
