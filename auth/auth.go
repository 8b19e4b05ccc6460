// Package auth decides who a client is: passwords and SASL mechanisms,
// verified against the directory, remembered for a while, and slowed down for
// those who guess. It knows no protocol.
package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// Conn is what is known of the connection on which a client logs in.
type Conn struct {
	Remote netip.Addr // of the client; the zero Addr for a Unix socket
	Secure bool       // passwords may be sent: TLS, loopback or a Unix socket
	TLS    *tls.ConnectionState
	// Certificate is the one that the server has shown on this connection;
	// nil: tls-server-end-point is not offered.
	Certificate *x509.Certificate
	// Ending is closed when the server is to end the connection: then nobody is kept
	// waiting on it any more. nil: that is not told.
	Ending <-chan struct{}
}

// Identity is who has logged in.
type Identity struct {
	Name    string // in canonical form
	Account restante.AccountID
}

// Users is where users are found; *directory.Directory is one.
type Users interface {
	// Lookup answers restante.ErrNotFound for an unknown user and
	// restante.ErrInvalid for what cannot be a name.
	Lookup(ctx context.Context, name string) (directory.User, error)
	// Add makes a user; restante.ErrExists if there is one of that name.
	Add(ctx context.Context, name string, c directory.Credentials) (directory.User, error)
	// ReplaceCredentials sets credentials if they are still old.
	ReplaceCredentials(ctx context.Context, name string, old, c directory.Credentials) (directory.User, error)
	// Secret answers bytes that are the same on every node.
	Secret(ctx context.Context) ([]byte, error)
}

// Options configure an Authenticator. Zero fields have the default that is
// given with each.
type Options struct {
	// Mechanisms are the SASL mechanisms to offer, without their -PLUS forms,
	// which come with the SCRAM ones. Default: SCRAM-SHA-256, SCRAM-SHA-1,
	// PLAIN, LOGIN.
	Mechanisms []string
	Params     Params   // of new password hashes
	Throttle   Throttle // of failed logins
	// Concurrent is how many slow hashes may run at a time; each takes
	// Params.Memory. Default: the number of processors.
	Concurrent int
	// Remember is how long a verified login is remembered. Default: 1 hour;
	// negative: not at all.
	Remember time.Duration
	// RememberMax is how many logins are remembered. Default: 65,536.
	RememberMax int
	// KeepImported leaves hashes that came from other servers as they are,
	// instead of replacing them at the first good login.
	KeepImported bool
	// DemoPassword, if not empty, lets any name log in with this password;
	// the account is made at the first login. For demonstrations only.
	DemoPassword string

	Metrics *Metrics // counts logins; nil counts nothing
	// Failed is called when a login has failed of which other nodes should hear
	// (FailedLogins). It must not block. nil: nobody is told.
	Failed func()

	Logger *slog.Logger     // nil: discards
	Now    func() time.Time // nil: time.Now
	// Sleep waits for d; it is an error if ctx ends or ending is closed before. nil:
	// with a timer.
	Sleep func(ctx context.Context, ending <-chan struct{}, d time.Duration) error
}

// Authenticator verifies logins. All methods may be called concurrently.
type Authenticator struct {
	users      Users
	mechanisms []string
	params     Params
	keep       bool
	logger     *slog.Logger
	metrics    *Metrics
	sleep      func(ctx context.Context, ending <-chan struct{}, d time.Duration) error

	secret   []byte        // of the store: salts of users who do not exist
	slots    chan struct{} // bounds the slow hashes under way
	settler  *settler
	dummy    directory.Credentials
	logins   *memory // verified name and password pairs
	failures *memory // pairs found wrong, so that repeating one is not guessing
	throttle *throttler
}

// New answers an Authenticator for the users in u. It reads the store's
// secret and makes one password hash, which takes a moment.
func New(ctx context.Context, u Users, o Options) (*Authenticator, error) {
	o = o.withDefaults()
	if err := o.Params.validate(); err != nil {
		return nil, err
	}
	if err := validMechanisms(o.Mechanisms); err != nil {
		return nil, err
	}
	secret, err := u.Secret(ctx)
	if err != nil {
		return nil, err
	}
	if o.DemoPassword != "" {
		if u, err = newDemoUsers(u, o.DemoPassword, o.Params); err != nil {
			return nil, err
		}
	}
	dummy, err := NewCredentials("no one has this password", o.Params)
	if err != nil {
		return nil, err
	}
	return &Authenticator{
		users: u, mechanisms: o.Mechanisms, params: o.Params, keep: o.KeepImported || o.DemoPassword != "",
		logger: o.Logger, metrics: o.Metrics, sleep: o.Sleep,
		secret: secret, slots: make(chan struct{}, o.Concurrent), settler: newSettler(o.Params, time.Second), dummy: dummy,
		logins:   newMemory(o.Remember, o.RememberMax, o.Now),
		failures: newMemory(wrongFor, o.RememberMax, o.Now),
		throttle: newThrottler(o, secret),
	}, nil
}

// wrongFor is how long a wrong password is known as such.
const wrongFor = 10 * time.Minute

func (o Options) withDefaults() Options {
	if o.Mechanisms == nil {
		o.Mechanisms = []string{scramSHA256, scramSHA1, plain, login}
	}
	if o.Concurrent <= 0 {
		o.Concurrent = runtime.GOMAXPROCS(0)
	}
	if o.Remember == 0 {
		o.Remember = time.Hour
	}
	if o.RememberMax <= 0 {
		o.RememberMax = 1 << 16
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.Params = o.Params.withDefaults()
	o.Throttle = o.Throttle.withDefaults()
	return o
}

var errEnding = errors.New("the connection is to end")

func sleep(ctx context.Context, ending <-chan struct{}, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ending:
		return errEnding
	case <-ctx.Done():
		return ctx.Err()
	}
}
