package auth

import (
	"context"

	"github.com/restante/restante"
)

// Account gives the account of a user, for those who may ask for others'; also of
// one who may not log in. An unknown user is restante.ErrNotFound, what cannot be
// a name ErrInvalid.
func (a *Authenticator) Account(ctx context.Context, name string) (restante.AccountID, error) {
	u, err := a.users.Lookup(ctx, name)
	if err == nil && u.Account == 0 {
		err = restante.ErrNotFound
	}
	return u.Account, err
}
