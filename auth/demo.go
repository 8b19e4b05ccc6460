package auth

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// demoUsers lets any name log in with one password. A user whom the directory
// does not know has account 0 until the first login makes one.
type demoUsers struct {
	Users
	credentials directory.Credentials
}

func newDemoUsers(u Users, password string, p Params) (Users, error) {
	c, err := NewCredentials(password, p)
	return demoUsers{u, c}, err
}

func (d demoUsers) Lookup(ctx context.Context, name string) (directory.User, error) {
	u, err := d.Users.Lookup(ctx, name)
	if errors.Is(err, restante.ErrNotFound) {
		canonical, err := directory.Canonical(name)
		if err != nil {
			return u, err
		}
		u = directory.User{Name: canonical}
	} else if err != nil {
		return u, err
	}
	u.Credentials = d.credentials
	return u, nil
}
