package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
)

// Name names a user.
type Name struct {
	Name string `json:"name"`
}

// Secret is a user's new password or, from another server, its hash; with
// neither nobody can log in.
type Secret struct {
	Name     string `json:"name"`
	Password string `json:"password,omitempty"`
	Hash     string `json:"hash,omitempty"`
}

// Quota is what a user's account may hold; 0 is any number.
type Quota struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	Messages int64  `json:"messages"`

	Mailboxes   int64 `json:"mailboxes,omitempty"`
	Annotations int64 `json:"annotations,omitempty"` // bytes of annotations and metadata
}

// AppendLimit is the bound of a mailbox on the octets of a message that a client
// appends; a negative one is none of its own.
type AppendLimit struct {
	Place
	Bytes int64 `json:"bytes"`
}

// Lock says whether a user may log in.
type Lock struct {
	Name     string `json:"name"`
	Disabled bool   `json:"disabled"`
}

// User describes a user.
type User struct {
	Name     string             `json:"name"`
	Account  restante.AccountID `json:"account"`
	Created  time.Time          `json:"created"`
	Disabled bool               `json:"disabled,omitempty"`
	Password string             `json:"password"` // what it is verified by, such as "argon2id, SCRAM-SHA-256"; empty: nothing
	Usage    mailstore.Usage    `json:"usage"`
	Quota    mailstore.Quota    `json:"quota"`
	// AppendLimits are those of mailboxes that have one of their own, by name; not in
	// listings.
	AppendLimits []MailboxLimit `json:"append_limits,omitempty"`
}

// MailboxLimit is the bound of a mailbox on the octets of a message that a client
// appends.
type MailboxLimit struct {
	Mailbox string `json:"mailbox"`
	Bytes   int64  `json:"bytes"`
}

func (o Options) addUser(ctx context.Context, in Secret, _ func(any) error) (User, error) {
	c, err := o.credentials(in)
	if err != nil {
		return User{}, err
	}
	u, err := o.Directory.Add(ctx, in.Name, c)
	if err != nil {
		return User{}, err
	}
	o.Logger.Info("user added", "user", u.Name, "account", u.Account)
	return o.describe(ctx, u)
}

func (o Options) setPassword(ctx context.Context, in Secret, _ func(any) error) (User, error) {
	before, err := o.Directory.Lookup(ctx, in.Name)
	if err != nil {
		return User{}, err
	}
	c, err := o.credentials(in)
	if err != nil {
		return User{}, err
	}
	u, err := o.Directory.SetCredentials(ctx, before.Name, c)
	if err == nil && before.Disabled && before.Credentials.Equal(directory.Credentials{}) {
		// A repair has made this user, to wait for a password.
		u, err = o.Directory.SetDisabled(ctx, before.Name, false)
	}
	if err != nil {
		return User{}, err
	}
	o.Logger.Info("password changed", "user", u.Name)
	return o.describe(ctx, u)
}

func (o Options) credentials(in Secret) (directory.Credentials, error) {
	switch {
	case in.Password != "" && in.Hash != "":
		return directory.Credentials{}, fmt.Errorf("a password and a hash are given: %w", restante.ErrInvalid)
	case in.Hash != "":
		return auth.ImportHash(in.Hash, o.Params)
	default:
		return auth.NewCredentials(in.Password, o.Params)
	}
}

func (o Options) listUsers(ctx context.Context, _ struct{}, event func(any) error) (struct{}, error) {
	accounts := map[restante.AccountID]mailstore.AccountInfo{}
	err := o.Store.Accounts(ctx, func(a mailstore.AccountInfo) error {
		accounts[a.ID] = a
		return nil
	})
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, o.Directory.List(ctx, func(u directory.User) error {
		a := accounts[u.Account]
		return event(userOf(u, a.Usage, a.Quota))
	})
}

func (o Options) removeUser(ctx context.Context, in Name, _ func(any) error) (struct{}, error) {
	name, err := directory.Canonical(in.Name)
	if err != nil {
		return struct{}{}, err
	}
	// Another user of the name must not get the rights of this one.
	if err := o.Namespace.Forget(ctx, name); err != nil {
		return struct{}{}, err
	}
	if err := o.Directory.Remove(ctx, in.Name); err != nil {
		return struct{}{}, err
	}
	o.Logger.Info("user removed", "user", in.Name)
	return struct{}{}, nil
}

func (o Options) showUser(ctx context.Context, in Name, _ func(any) error) (User, error) {
	u, err := o.Directory.Lookup(ctx, in.Name)
	if err != nil {
		return User{}, err
	}
	return o.describe(ctx, u)
}

func (o Options) setQuota(ctx context.Context, in Quota, _ func(any) error) (User, error) {
	if min(in.Bytes, in.Messages, in.Mailboxes, in.Annotations) < 0 {
		return User{}, fmt.Errorf("a quota is not negative: %w", restante.ErrInvalid)
	}
	u, err := o.Directory.Lookup(ctx, in.Name)
	if err != nil {
		return User{}, err
	}
	a, err := o.Store.Account(ctx, u.Account)
	if err != nil {
		return User{}, err
	}
	q := mailstore.Quota{Bytes: in.Bytes, Messages: in.Messages, Mailboxes: in.Mailboxes, Annotations: in.Annotations}
	err = a.SetQuota(ctx, q)
	a.Release()
	if err != nil {
		return User{}, err
	}
	o.Logger.Info("quota changed", "user", u.Name, "bytes", q.Bytes, "messages", q.Messages, "mailboxes", q.Mailboxes, "annotations", q.Annotations)
	return o.describe(ctx, u)
}

func (o Options) setAppendLimit(ctx context.Context, in AppendLimit, _ func(any) error) (User, error) {
	u, err := o.Directory.Lookup(ctx, in.User)
	if err != nil {
		return User{}, err
	}
	a, err := o.Store.Account(ctx, u.Account)
	if err != nil {
		return User{}, err
	}
	err = a.SetAppendLimit(ctx, in.Mailbox, in.Bytes)
	a.Release()
	if err != nil {
		return User{}, err
	}
	o.Logger.Info("append limit changed", "user", u.Name, "mailbox", in.Mailbox, "bytes", in.Bytes)
	return o.describe(ctx, u)
}

func (o Options) lockUser(ctx context.Context, in Lock, _ func(any) error) (User, error) {
	u, err := o.Directory.SetDisabled(ctx, in.Name, in.Disabled)
	if err != nil {
		return User{}, err
	}
	o.Logger.Info("user may log in", "user", u.Name, "allowed", !in.Disabled)
	return o.describe(ctx, u)
}

func (o Options) describe(ctx context.Context, u directory.User) (User, error) {
	a, err := o.Store.Account(ctx, u.Account)
	if err != nil {
		return User{}, fmt.Errorf("account of user %q: %w", u.Name, err)
	}
	defer a.Release()
	if err := a.Refresh(ctx); err != nil {
		return User{}, err
	}
	state := a.State()
	out := userOf(u, state.Usage(), state.Quota())
	for _, m := range state.Mailboxes() {
		if limit, ok := m.AppendLimit(); ok {
			out.AppendLimits = append(out.AppendLimits, MailboxLimit{Mailbox: m.Name, Bytes: limit})
		}
	}
	return out, nil
}

func userOf(u directory.User, usage mailstore.Usage, quota mailstore.Quota) User {
	return User{Name: u.Name, Account: u.Account, Created: u.Created, Disabled: u.Disabled,
		Password: describeCredentials(u.Credentials), Usage: usage, Quota: quota}
}

// describeCredentials names the functions, and nothing of their values.
func describeCredentials(c directory.Credentials) string {
	var kinds []string
	if scheme, _, ok := strings.Cut(c.Hash, "}"); ok {
		kinds = append(kinds, scheme+"}")
	} else if name, _, ok := strings.Cut(strings.TrimPrefix(c.Hash, "$"), "$"); ok && strings.HasPrefix(name, "argon2") {
		kinds = append(kinds, name)
	} else if c.Hash != "" {
		kinds = append(kinds, "{CRYPT}")
	}
	for _, k := range c.SCRAM {
		kinds = append(kinds, k.Mechanism)
	}
	return strings.Join(kinds, ", ")
}
