package auth

import (
	"context"
	"fmt"

	"github.com/emersion/go-sasl"

	"github.com/restante/restante"
)

// plainExchange is PLAIN (RFC 4616).
type plainExchange struct {
	a        *Authenticator
	c        Conn
	over     bool
	identity Identity
}

func (x *plainExchange) Identity() Identity { return x.identity }

func (x *plainExchange) Next(ctx context.Context, response []byte) ([]byte, bool, error) {
	if x.over {
		return nil, false, errOver
	}
	if response == nil {
		return []byte{}, false, nil
	}
	x.over = true
	var authErr error
	server := sasl.NewPlainServer(func(authzid, name, password string) error {
		var id Identity
		if id, authErr = x.a.Login(ctx, x.c, name, password); authErr == nil {
			authErr = x.a.sameIdentity(ctx, authzid, name)
		}
		if authErr == nil {
			x.identity = id
		}
		return authErr
	})
	_, done, err := server.Next(response)
	switch {
	case authErr != nil:
		return nil, false, authErr
	case err != nil:
		return nil, false, fmt.Errorf("PLAIN response is not of three fields: %w", restante.ErrInvalid)
	}
	return nil, done, nil
}

// loginExchange is LOGIN, obsolete (draft-murchison-sasl-login) but all that
// older Outlook has.
type loginExchange struct {
	a        *Authenticator
	c        Conn
	step     int
	name     string
	identity Identity
}

func (x *loginExchange) Identity() Identity { return x.identity }

func (x *loginExchange) Next(ctx context.Context, response []byte) ([]byte, bool, error) {
	switch {
	case x.step == 0 && response == nil:
		return []byte("Username:"), false, nil
	case x.step == 0:
		x.step, x.name = 1, string(response)
		return []byte("Password:"), false, nil
	case x.step == 1:
		x.step = 2
		var err error
		x.identity, err = x.a.Login(ctx, x.c, x.name, string(response))
		return nil, err == nil, err
	}
	return nil, false, errOver
}
