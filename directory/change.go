package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Add makes an account and a user that opens it. The account is made first and
// named second, so that no name ever leads nowhere; an account that could not
// be named is removed again. It answers restante.ErrExists if the name is
// taken and restante.ErrInvalid if it cannot be one.
func (d *Directory) Add(ctx context.Context, name string, c Credentials) (User, error) {
	name, err := Canonical(name)
	if err != nil {
		return User{}, err
	}
	taken := fmt.Errorf("user %q %w", name, restante.ErrExists)
	switch _, _, err := d.get(ctx, name); {
	case err == nil:
		return User{}, taken
	case !errors.Is(err, restante.ErrNotFound):
		return User{}, err
	}
	id, err := d.makeAccount(ctx, name)
	if err != nil {
		return User{}, err
	}
	created := d.now().UTC().Truncate(time.Second)
	u, err := d.change(ctx, name, func(_ User, found bool) (User, bool, error) {
		if found {
			return User{}, false, taken
		}
		return User{Name: name, Account: id, Credentials: c, Created: created}, true, nil
	})
	if err == nil {
		return u, nil
	}
	return d.unname(context.WithoutCancel(ctx), name, id, err)
}

// makeAccount makes the account of a name, in place of the one that the name opened
// before it was removed, if there was one.
func (d *Directory) makeAccount(ctx context.Context, name string) (restante.AccountID, error) {
	snap, err := d.kv.Snapshot(ctx, partitionOf(name))
	if err != nil {
		return 0, err
	}
	value, err := snap.Get(removedKey(name), nil)
	snap.Close()
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return d.store.CreateAccount(ctx, name)
	case err != nil:
		return 0, err
	case len(value) != 8:
		return 0, fmt.Errorf("directory: what is known of the removed user %q cannot be read: %w", name, restante.ErrCorrupt)
	}
	return d.store.ReplaceAccount(ctx, name, restante.AccountID(binary.BigEndian.Uint64(value)))
}

// unname ends an Add whose commit answered cause: the outcome of a failed
// commit may be either, so the name is read again before the account goes.
func (d *Directory) unname(ctx context.Context, name string, id restante.AccountID, cause error) (User, error) {
	u, _, err := d.get(ctx, name)
	switch {
	case err == nil && u.Account == id:
		return u, nil
	case err == nil || errors.Is(err, restante.ErrNotFound):
		if err := d.store.RemoveAccount(ctx, id); err != nil {
			d.logger.Error("account without a name is left; restante check finds it", "account", id, "error", err)
		}
	default:
		d.logger.Error("account may be without a name; restante check finds it", "account", id, "error", err)
	}
	return User{}, cause
}

// Remove removes a user and the account with all its mail: the name first, so
// that nobody can log in to an account that is half gone. It answers
// restante.ErrNotFound for an unknown name.
func (d *Directory) Remove(ctx context.Context, name string) error {
	name, err := Canonical(name)
	if err != nil {
		return err
	}
	groups, err := d.Groups(ctx, name)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := d.dropMember(ctx, name, g); err != nil {
			return err
		}
	}
	var id restante.AccountID
	_, err = d.change(ctx, name, func(u User, found bool) (User, bool, error) {
		if !found {
			return User{}, false, fmt.Errorf("user %q: %w", name, restante.ErrNotFound)
		}
		id = u.Account
		return User{}, false, nil
	})
	if err != nil {
		return err
	}
	if err := d.store.RemoveAccount(ctx, id); err != nil && !errors.Is(err, restante.ErrNotFound) {
		return fmt.Errorf("user %q is removed, but its mail is not (restante check --repair finds it): %w", name, err)
	}
	return nil
}

// SetCredentials gives a user new credentials. It answers
// restante.ErrNotFound for an unknown name.
func (d *Directory) SetCredentials(ctx context.Context, name string, c Credentials) (User, error) {
	return d.editUser(ctx, name, func(u *User) error { u.Credentials = c; return nil })
}

// ReplaceCredentials gives a user new credentials if they still are old. It
// answers restante.ErrNotPermitted if somebody has changed them since, and
// restante.ErrNotFound for an unknown name.
func (d *Directory) ReplaceCredentials(ctx context.Context, name string, old, c Credentials) (User, error) {
	return d.editUser(ctx, name, func(u *User) error {
		if !u.Credentials.Equal(old) {
			return fmt.Errorf("credentials of %q have changed: %w", u.Name, restante.ErrNotPermitted)
		}
		u.Credentials = c
		return nil
	})
}

// SetDisabled lets a user log in or not. It answers restante.ErrNotFound for
// an unknown name.
func (d *Directory) SetDisabled(ctx context.Context, name string, disabled bool) (User, error) {
	return d.editUser(ctx, name, func(u *User) error { u.Disabled = disabled; return nil })
}

func (d *Directory) editUser(ctx context.Context, name string, f func(*User) error) (User, error) {
	name, err := Canonical(name)
	if err != nil {
		return User{}, err
	}
	return d.change(ctx, name, func(u User, found bool) (User, bool, error) {
		if !found {
			return User{}, false, fmt.Errorf("user %q: %w", name, restante.ErrNotFound)
		}
		err := f(&u)
		return u, true, err
	})
}
