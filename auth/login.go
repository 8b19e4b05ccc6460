package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// Login verifies a name and password, as PLAIN and LOGIN send them. It answers
// restante.ErrAuthFailed if they are wrong, whatever is wrong with them, and
// restante.ErrUnavailable if it cannot tell now. It may take seconds for a
// client that guesses.
func (a *Authenticator) Login(ctx context.Context, c Conn, name, password string) (Identity, error) {
	id, err := a.login(ctx, c, name, password)
	a.ended(err)
	return id, err
}

// ended notes how a login has ended.
func (a *Authenticator) ended(err error) {
	a.metrics.login(err)
	a.settler.used()
}

// login looks at what it remembers first: a good password is let in without its slow
// hash, and a wrong one that was tried before is refused without.
func (a *Authenticator) login(ctx context.Context, c Conn, name, password string) (Identity, error) {
	if !c.Secure {
		return Identity{}, fmt.Errorf("login without TLS: %w", restante.ErrNotPermitted)
	}
	if len(password) > MaxPassword {
		return Identity{}, restante.ErrAuthFailed
	}
	user, known, err := a.lookup(ctx, name)
	if err != nil {
		return Identity{}, err
	}
	if known && a.logins.knows(a.logins.fact(user, password)) {
		a.metrics.remember()
		return identityOf(user), nil
	}
	leave, err := a.enter(ctx, c, user.Name)
	if err != nil {
		return Identity{}, err
	}
	defer leave()
	wrong := a.failures.fact(user, password)
	again := a.failures.knows(wrong)
	ok := false
	if !again {
		if ok, err = a.verify(ctx, user.Credentials, password); err != nil {
			return Identity{}, err
		}
	}
	if ok && known {
		if user, err = a.admit(ctx, a.upgrade(ctx, user, password)); err != nil {
			return Identity{}, err
		}
		a.logins.learn(a.logins.fact(user, password))
		return identityOf(user), nil
	}
	if !again {
		a.failures.learn(wrong)
	}
	return Identity{}, a.fail(ctx, c, user.Name, !again)
}

// longestName is how many octets of what cannot be a name are kept count of.
const longestName = 320

// lookup finds a user who may log in. For any other name it answers one whom
// no password fits, known=false, so that both cost the same.
func (a *Authenticator) lookup(ctx context.Context, name string) (u directory.User, known bool, err error) {
	u, err = a.users.Lookup(ctx, name)
	switch {
	case err == nil && !u.Disabled:
		return u, true, nil
	case err == nil, errors.Is(err, restante.ErrNotFound), errors.Is(err, restante.ErrInvalid):
		if canonical, err := directory.Canonical(name); err == nil {
			name = canonical
		}
		return directory.User{Name: name[:min(len(name), longestName)], Credentials: a.dummy}, false, nil
	default:
		return u, false, fmt.Errorf("looking up a user: %w: %w", restante.ErrUnavailable, err)
	}
}

// verify compares a password with credentials, waiting for one of the places
// that bound the memory of slow hashes.
func (a *Authenticator) verify(ctx context.Context, c directory.Credentials, password string) (bool, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return false, fmt.Errorf("%w: %w", restante.ErrUnavailable, ctx.Err())
	}
	return verifyPassword(c, password), nil
}

// upgrade replaces a hash from another server, now that the password is known.
func (a *Authenticator) upgrade(ctx context.Context, u directory.User, password string) directory.User {
	if a.keep || !isImported(u.Credentials) {
		return u
	}
	next, err := NewCredentials(password, a.params)
	if err == nil {
		var v directory.User
		if v, err = a.users.ReplaceCredentials(ctx, u.Name, u.Credentials, next); err == nil {
			a.logger.Info("replaced an imported password hash", "user", u.Name)
			return v
		}
	}
	a.logger.Warn("an imported password hash could not be replaced", "user", u.Name, "error", err)
	return u
}

// admit answers a verified user as he is in the directory, making the account
// of one who has none yet (demonstrations).
func (a *Authenticator) admit(ctx context.Context, u directory.User) (directory.User, error) {
	if u.Account != 0 {
		return u, nil
	}
	_, err := a.users.Add(ctx, u.Name, u.Credentials)
	if err == nil || errors.Is(err, restante.ErrExists) {
		u, err = a.users.Lookup(ctx, u.Name)
	}
	if err != nil {
		return u, fmt.Errorf("making an account: %w: %w", restante.ErrUnavailable, err)
	}
	return u, nil
}

func identityOf(u directory.User) Identity { return Identity{Name: u.Name, Account: u.Account} }

// enter waits before a password of name is looked at, the longer the more logins have
// failed. The caller calls leave when it has been.
func (a *Authenticator) enter(ctx context.Context, c Conn, name string) (leave func(), err error) {
	d, leave, err := a.throttle.enter(c.Remote, name)
	if err != nil {
		return nil, err
	}
	if err := a.pause(ctx, c, d); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// fail counts a failed login and waits the longer the more there were.
func (a *Authenticator) fail(ctx context.Context, c Conn, name string, count bool) error {
	d := a.throttle.failed(c.Remote, name, count)
	if len(name) > 100 {
		name = name[:100] + "…"
	}
	a.logger.Info("login failed", "user", name, "remote", c.Remote)
	if err := a.pause(ctx, c, d); err != nil {
		return err
	}
	return restante.ErrAuthFailed
}

// pause keeps a client waiting for d. One whose connection is to end meanwhile is told
// restante.ErrUnavailable, so that he learns nothing before its time.
func (a *Authenticator) pause(ctx context.Context, c Conn, d time.Duration) error {
	if d == 0 {
		return nil
	}
	if err := a.sleep(ctx, c.Ending, d); err != nil {
		return fmt.Errorf("%w: %w", restante.ErrUnavailable, err)
	}
	return nil
}
