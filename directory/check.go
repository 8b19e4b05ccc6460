package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/mailstore"
)

// Finding is something that Check found wrong.
type Finding struct {
	Name     string             // of the user, where there is one
	Account  restante.AccountID // of the account concerned
	Problem  string             // in plain words
	Repaired string             // what was done about it; empty: nothing
}

// young is how old an account must be before it should have a name: Add makes
// it first and names it second.
const young = time.Minute

// Check verifies that every user's entry can be read and leads to an account,
// that no two lead to the same one, and that every account has a user. With
// repair, an entry that cannot be read or leads nowhere is removed, and an account
// that nobody can reach gets a user again, who is disabled until he is given a
// password.
// It may run while the store is in use.
func (d *Directory) Check(ctx context.Context, repair bool, f func(Finding) error) error {
	var accounts []mailstore.AccountInfo
	if err := d.store.Accounts(ctx, func(a mailstore.AccountInfo) error {
		accounts = append(accounts, a)
		return nil
	}); err != nil {
		return err
	}
	if err := d.checkReadable(ctx, repair, f); err != nil {
		return err
	}
	owner := map[restante.AccountID]string{}
	err := d.List(ctx, func(u User) error {
		if other, ok := owner[u.Account]; ok {
			return f(Finding{Name: u.Name, Account: u.Account, Problem: fmt.Sprintf("opens the same account as user %q", other)})
		}
		owner[u.Account] = u.Name
		return d.checkUser(ctx, u, repair, f)
	})
	if err != nil {
		return err
	}
	public, err := d.PublicAccounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if _, ok := public[a.ID]; ok {
			continue
		}
		if _, ok := owner[a.ID]; ok || d.now().Sub(a.Created) < young {
			continue
		}
		if err := d.checkNameless(ctx, a, repair, f); err != nil {
			return err
		}
	}
	return nil
}

// checkReadable looks for entries that cannot be read, which List leaves out.
func (d *Directory) checkReadable(ctx context.Context, repair bool, f func(Finding) error) error {
	var names []string
	err := d.scanAll(ctx, userPrefix, func(name, value []byte) error {
		if _, err := decodeUser("", value); err != nil {
			names = append(names, string(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		finding := Finding{Name: name, Problem: "has an entry that cannot be read"}
		if repair {
			if err := d.removeUnreadable(ctx, name); err != nil {
				return err
			}
			finding.Repaired = "the entry was removed"
		}
		if err := f(finding); err != nil {
			return err
		}
	}
	return nil
}

// removeUnreadable removes the entry of a name if it still cannot be read.
func (d *Directory) removeUnreadable(ctx context.Context, name string) error {
	return d.edit(ctx, name, func(snap kv.Snapshot, b *kv.Batch) error {
		value, err := snap.Get(userKey(name), nil)
		if err != nil {
			return ignoreNotFound(err)
		}
		if _, err := decodeUser(name, value); err != nil {
			b.Delete(userKey(name), len(value))
		}
		return nil
	})
}

func (d *Directory) checkUser(ctx context.Context, u User, repair bool, f func(Finding) error) error {
	missing, err := d.accountMissing(ctx, u.Account)
	if err != nil || !missing {
		return err
	}
	// A user who was removed meanwhile has lost the name first.
	if now, _, err := d.get(ctx, u.Name); err != nil || now.Account != u.Account {
		return ignoreNotFound(err)
	}
	finding := Finding{Name: u.Name, Account: u.Account, Problem: "leads to an account that does not exist"}
	if repair {
		_, err := d.change(ctx, u.Name, func(now User, found bool) (User, bool, error) {
			if found && now.Account != u.Account {
				return now, true, nil
			}
			return User{}, false, nil
		})
		if err != nil {
			return err
		}
		finding.Repaired = "the entry was removed"
	}
	return f(finding)
}

func (d *Directory) checkNameless(ctx context.Context, a mailstore.AccountInfo, repair bool, f func(Finding) error) error {
	missing, err := d.accountMissing(ctx, a.ID)
	if err != nil || missing { // removed since it was listed
		return err
	}
	finding := Finding{Account: a.ID, Problem: fmt.Sprintf("account made for %q has no user", a.Name)}
	if repair {
		name, err := d.rename(ctx, a)
		if err != nil {
			return err
		}
		finding.Name, finding.Repaired = name, fmt.Sprintf("user %q was made for it, disabled", name)
	}
	return f(finding)
}

// rename gives an account a user of the name it was made for, or, if that is
// taken, of a new one.
func (d *Directory) rename(ctx context.Context, a mailstore.AccountInfo) (string, error) {
	names := []string{"recovered-" + strconv.FormatUint(uint64(a.ID), 36)}
	if name, err := Canonical(a.Name); err == nil {
		names = append([]string{name}, names...)
	}
	for _, name := range names {
		u, err := d.change(ctx, name, func(u User, found bool) (User, bool, error) {
			if found && u.Account != a.ID {
				return User{}, false, restante.ErrExists
			}
			return User{Name: name, Account: a.ID, Created: a.Created, Disabled: true}, true, nil
		})
		if err == nil || !errors.Is(err, restante.ErrExists) {
			return u.Name, err
		}
	}
	return "", fmt.Errorf("no name is free for account %d: %w", a.ID, restante.ErrExists)
}

// accountMissing reports whether an account is not in the store. One that is
// there but damaged is not missing; the store's own check tells of it.
func (d *Directory) accountMissing(ctx context.Context, id restante.AccountID) (bool, error) {
	a, err := d.store.Account(ctx, id)
	switch {
	case err == nil:
		a.Release()
		return false, nil
	case errors.Is(err, restante.ErrNotFound):
		return true, nil
	case errors.Is(err, restante.ErrCorrupt):
		return false, nil
	}
	return false, err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, restante.ErrNotFound) {
		return nil
	}
	return err
}
