package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// The mechanisms' names in the SASL registry.
const (
	plain       = "PLAIN"
	login       = "LOGIN"
	scramSHA1   = "SCRAM-SHA-1"
	scramSHA256 = "SCRAM-SHA-256"
	plusSuffix  = "-PLUS"
)

// ErrMechanism is what Start answers for a mechanism that is not offered on
// the connection.
var ErrMechanism = fmt.Errorf("mechanism is not offered: %w", restante.ErrNotPermitted)

// ErrOtherIdentity is what an exchange answers to a client that has proved who it
// is and asks to act as another (RFC 4422 §3.4.1, RFC 5530 AUTHORIZATIONFAILED).
// It is a restante.ErrAuthFailed.
var ErrOtherIdentity = fmt.Errorf("acting as another user: %w", restante.ErrAuthFailed)

// Exchange is one run of a SASL mechanism (RFC 4422 §3).
type Exchange interface {
	// Next takes the client's response and answers the next challenge, or
	// done. A nil response is the absence of an initial response; an empty
	// one is not nil. A challenge that comes with done is the mechanism's
	// additional data with success. Any error ends the exchange:
	// restante.ErrAuthFailed, ErrOtherIdentity, restante.ErrUnavailable, or restante.ErrInvalid
	// for a response that breaks the mechanism's grammar.
	Next(ctx context.Context, response []byte) (challenge []byte, done bool, err error)
	// Identity is who has logged in, once Next has answered done.
	Identity() Identity
}

// Mechanisms answers the names of the SASL mechanisms that are offered on c,
// strongest first; none where a password could be overheard.
func (a *Authenticator) Mechanisms(c Conn) []string {
	if !c.Secure {
		return nil
	}
	names := make([]string, 0, len(a.mechanisms)+2)
	if canBind(c) {
		for _, m := range a.mechanisms {
			if strings.HasPrefix(m, "SCRAM-") {
				names = append(names, m+plusSuffix)
			}
		}
	}
	return append(names, a.mechanisms...)
}

// Start begins an exchange. It answers ErrMechanism if mechanism, in any case
// of letters, is not among those that Mechanisms answers.
func (a *Authenticator) Start(c Conn, mechanism string) (Exchange, error) {
	mechanism = strings.ToUpper(mechanism)
	if !slices.Contains(a.Mechanisms(c), mechanism) {
		return nil, ErrMechanism
	}
	switch mechanism {
	case plain:
		return &plainExchange{a: a, c: c}, nil
	case login:
		return &loginExchange{a: a, c: c}, nil
	}
	base, plus := strings.CutSuffix(mechanism, plusSuffix)
	return &scramExchange{a: a, c: c, mechanism: base, plus: plus}, nil
}

func validMechanisms(names []string) error {
	for _, m := range names {
		if m != plain && m != login && m != scramSHA1 && m != scramSHA256 {
			return fmt.Errorf("mechanism %q is not known: %w", m, restante.ErrInvalid)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("no mechanism to offer: %w", restante.ErrInvalid)
	}
	return nil
}

var errOver = fmt.Errorf("exchange is over: %w", restante.ErrInvalid)

// sameIdentity holds the rule for authorization identities (RFC 4422 §3.4.1):
// one may act as oneself only. It is asked once the client has proved who it is,
// so that ErrOtherIdentity tells nobody else whether a password is right.
func (a *Authenticator) sameIdentity(ctx context.Context, authzid, authcid string) error {
	if authzid == "" || authzid == authcid {
		return nil
	}
	z, err := a.users.Lookup(ctx, authzid)
	if err == nil {
		if c, err := a.users.Lookup(ctx, authcid); err == nil && c.Name == z.Name {
			return nil
		}
	} else if !errors.Is(err, restante.ErrNotFound) && !errors.Is(err, restante.ErrInvalid) {
		return fmt.Errorf("%w: %w", restante.ErrUnavailable, err)
	}
	return ErrOtherIdentity
}
