package namespace

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// User is one who looks for mailboxes. It remembers what it has read of the
// directory while that holds, and is used by one goroutine at a time.
type User struct {
	ns      *Namespace
	name    string // in canonical form
	tenant  string
	account restante.AccountID

	generation uint64 // of what is remembered
	groups     *[]string
	sharing    *[]restante.AccountID
	owners     *[]Owner
	public     *Owner // of account 0: there is none
}

// User answers a user by the canonical login name and the account.
func (n *Namespace) User(name string, account restante.AccountID) *User {
	return &User{ns: n, name: name, tenant: n.directory.Tenant(name), account: account}
}

// Named answers the user of a login name in any spelling, for somebody who is not to
// learn whether there is one. The error is restante.ErrNotFound if there is none, also
// for what cannot be a name.
func (n *Namespace) Named(ctx context.Context, login string) (*User, error) {
	found, err := n.directory.LookupDiscreetly(ctx, login)
	if errors.Is(err, restante.ErrInvalid) {
		err = restante.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return n.User(found.Name, found.Account), nil
}

// Self is the owner of the user's own mailboxes.
func (u *User) Self() Owner { return Owner{Account: u.account, Name: u.name, Tenant: u.tenant} }

// forget drops what was remembered if it may not hold any more.
func (u *User) forget() {
	now, ok := u.ns.directory.Generation()
	if ok && now == u.generation {
		return
	}
	u.generation, u.groups, u.sharing, u.owners, u.public = now, nil, nil, nil, nil
}

// Find answers whose mailbox a name is, and its name among the owner's. Nothing is
// said about whether there is one. The error is restante.ErrNotFound for a level above
// all mailboxes, and for an owner who does not exist or shares nothing with the user:
// which of the two, nobody is to learn, not even by what is read to find out.
func (u *User) Find(ctx context.Context, name string) (Owner, string, error) {
	if !Reserved(name) {
		return u.Self(), name, nil
	}
	o, local, err := u.ownerOf(ctx, name)
	if local == "" {
		return Owner{}, "", restante.ErrNotFound
	}
	sharing, unknown := u.sharers(ctx, nil)
	if err == nil {
		err = unknown
	}
	if err != nil {
		return Owner{}, "", err
	}
	if _, shares := slices.BinarySearch(sharing, o.Account); !shares && o.Account != u.account {
		return Owner{}, "", restante.ErrNotFound
	}
	return o, local, nil
}

// ownerOf answers who the owner in a reserved name is, if there is such a user, and the
// rest of the name; that is empty in a level above all mailboxes.
func (u *User) ownerOf(ctx context.Context, name string) (Owner, string, error) {
	first, rest, _ := strings.Cut(name, Separator)
	if first == Public {
		if rest == "" {
			return Owner{}, "", nil
		}
		o, err := u.publicOwner(ctx)
		return o, rest, err
	}
	who, rest, _ := strings.Cut(rest, Separator)
	if rest == "" {
		return Owner{}, "", nil
	}
	found, err := u.ns.Named(ctx, login(who))
	if err != nil {
		return Owner{}, rest, err
	}
	return u.ns.owner(found.name, found.account), rest, nil
}

// publicOwner answers the owner of the public mailboxes that the user could see; the
// error is restante.ErrNotFound if there are none.
func (u *User) publicOwner(ctx context.Context) (Owner, error) {
	u.forget()
	if u.public == nil {
		o, err := u.ns.public(ctx, u.tenant)
		if err != nil && !errors.Is(err, restante.ErrNotFound) {
			return Owner{}, err
		}
		u.public = &o
	}
	if u.public.Account == 0 {
		return Owner{}, restante.ErrNotFound
	}
	return *u.public, nil
}

// Owners answers who may share mailboxes with the user: the public mailboxes last,
// the others by name. Some of them may share nothing any more.
func (u *User) Owners(ctx context.Context) ([]Owner, error) { return u.OwnersAlong(ctx, nil) }

// OwnersAlong is Owners, and finds out along the way whether an account is up to date
// (mailstore.Account.UpToDate), for one round trip less. It need not.
func (u *User) OwnersAlong(ctx context.Context, along *mailstore.Account) ([]Owner, error) {
	u.forget()
	if u.owners != nil {
		return *u.owners, nil
	}
	ids, err := u.sharers(ctx, along)
	if err != nil {
		return nil, err
	}
	owners := []Owner{}
	for _, id := range ids {
		o, err := u.owner(ctx, id)
		switch {
		case errors.Is(err, restante.ErrNotFound):
			continue // removed since
		case err != nil:
			return nil, err
		}
		owners = append(owners, o)
	}
	slices.SortFunc(owners, func(a, b Owner) int { return strings.Compare(a.Prefix, b.Prefix) })
	u.owners = &owners
	return owners, nil
}

// sharers answers the accounts that may share something with the user, in rising
// order, and looks along the way as OwnersAlong does.
func (u *User) sharers(ctx context.Context, along *mailstore.Account) ([]restante.AccountID, error) {
	u.forget()
	if u.sharing != nil {
		return *u.sharing, nil
	}
	groups, ids, err := u.ns.directory.Reach(ctx, along, u.name, u.name, everyone(u.tenant))
	if err != nil {
		return nil, err
	}
	u.groups = &groups
	for _, g := range groups {
		more, err := u.ns.directory.Shares(ctx, groupPrefix+g)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	u.sharing = &ids
	return ids, nil
}

// owner answers who has an account which may share something with the user; the
// error is restante.ErrNotFound if nobody does whom the user could see.
func (u *User) owner(ctx context.Context, id restante.AccountID) (Owner, error) {
	if id == u.account {
		return Owner{}, restante.ErrNotFound
	}
	if o, err := u.publicOwner(ctx); err == nil && o.Account == id {
		return o, nil
	} else if err != nil && !errors.Is(err, restante.ErrNotFound) {
		return Owner{}, err
	}
	a, err := u.ns.store.Account(ctx, id)
	if err != nil {
		return Owner{}, err
	}
	name := a.State().Name()
	a.Release()
	found, err := u.ns.directory.Lookup(ctx, name)
	if errors.Is(err, restante.ErrInvalid) || err == nil && found.Account != id {
		err = restante.ErrNotFound
	}
	if err != nil {
		return Owner{}, err
	}
	return u.ns.owner(found.Name, id), nil
}

// memberships answers the user's groups.
func (u *User) memberships(ctx context.Context) ([]string, error) {
	u.forget()
	if u.groups == nil {
		groups, err := u.ns.directory.Groups(ctx, u.name)
		if err != nil {
			return nil, err
		}
		u.groups = &groups
	}
	return *u.groups, nil
}

// Open opens an owner's account as the user sees it, with a \Seen of his own. He
// releases it when done.
func (u *User) Open(ctx context.Context, o Owner) (*mailstore.Account, error) {
	a, err := u.ns.store.Account(ctx, o.Account)
	if err != nil {
		return nil, err
	}
	return a.As(u.account), nil
}

// Rights answers what the user may do with a mailbox of an owner: everything with
// his own and nothing with others', unless a list says otherwise; what
// mailstore.OwnerRights says remains in his own. An error means that it is not
// known, and that nothing may be done.
func (u *User) Rights(ctx context.Context, o Owner, state *mailstore.State, id restante.MailboxID) (mailstore.Rights, error) {
	list, has := state.ACL(id)
	mine := o.Account == u.account
	if !has {
		if mine {
			return mailstore.AllRights, nil
		}
		return 0, nil
	}
	var failed error
	r := list.Rights(func(identifier string) bool {
		applies, err := u.is(ctx, o, identifier)
		failed = errors.Join(failed, err)
		return applies
	})
	if failed != nil {
		return 0, failed
	}
	if mine {
		r |= mailstore.OwnerRights
	}
	return r, nil
}

// is reports whether an identifier in a list of the owner's means the user.
func (u *User) is(ctx context.Context, o Owner, identifier string) (bool, error) {
	if o.IsPublic() && o.Tenant != u.tenant {
		return false, nil // there is no name by which he could reach it
	}
	switch {
	case identifier == anyone:
		return o.Tenant == u.tenant, nil
	case identifier == anonymous:
		return false, nil // nobody can log in as that
	}
	group, isGroup := strings.CutPrefix(identifier, groupPrefix)
	if !isGroup {
		return identifier == u.name, nil
	}
	groups, err := u.memberships(ctx)
	return slices.Contains(groups, group), err
}
