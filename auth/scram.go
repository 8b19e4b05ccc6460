package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// scramExchange is SCRAM-SHA-1 (RFC 5802) or SCRAM-SHA-256 (RFC 7677), with
// channel binding if plus.
type scramExchange struct {
	a         *Authenticator
	c         Conn
	mechanism string // without -PLUS
	plus      bool

	conversation *scram.ServerConversation // nil before the first message
	user         directory.User
	known        bool
	over         bool
	identity     Identity
}

func (x *scramExchange) Identity() Identity { return x.identity }

func (x *scramExchange) Next(ctx context.Context, response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, false, errOver
	case x.conversation == nil && response == nil:
		return []byte{}, false, nil
	case x.conversation == nil:
		challenge, err = x.first(ctx, response)
	default:
		x.over, done = true, true
		challenge, err = x.final(ctx, response)
	}
	if err != nil {
		x.over = true
		return nil, false, err
	}
	return challenge, done, nil
}

// first answers the server's first message. The binding's type is the
// client's choice, which it states at the front of its message, so the
// conversation is made with that one.
func (x *scramExchange) first(ctx context.Context, message []byte) ([]byte, error) {
	flag, _, _ := bytes.Cut(message, []byte(","))
	bindingType, binds := strings.CutPrefix(string(flag), "p=")
	if !binds {
		bindingType = ""
	}
	if binds != x.plus {
		// RFC 5802 §6: "p" goes with the -PLUS name and with no other.
		return nil, fmt.Errorf("SCRAM channel binding flag does not fit the mechanism: %w", restante.ErrInvalid)
	}
	server, err := x.hash().NewServer(func(name string) (scram.StoredCredentials, error) {
		return x.credentials(ctx, name)
	})
	if err != nil {
		return nil, err
	}
	x.conversation = server.NewConversation()
	if canBind(x.c) {
		cb, err := bindingFor(x.c, bindingType)
		if err != nil {
			return nil, err
		}
		// A client that says "y" could bind but was not offered to: someone
		// between has changed the list of mechanisms. The library sees it.
		x.conversation = server.NewConversationWithChannelBinding(cb)
	}
	challenge, err := x.conversation.Step(string(message))
	if err != nil {
		return nil, x.failure(err)
	}
	leave, err := x.a.enter(ctx, x.c, x.user.Name)
	if err != nil {
		x.a.ended(err)
		return nil, err
	}
	leave()
	return []byte(challenge), nil
}

func (x *scramExchange) final(ctx context.Context, message []byte) ([]byte, error) {
	challenge, err := x.prove(ctx, message)
	x.a.ended(err)
	return challenge, err
}

// prove looks at the client's proof.
func (x *scramExchange) prove(ctx context.Context, message []byte) ([]byte, error) {
	challenge, err := x.conversation.Step(string(message))
	if err == nil && x.conversation.Valid() && x.known {
		if err := x.a.sameIdentity(ctx, x.conversation.AuthzID(), x.conversation.Username()); err != nil {
			return nil, err
		}
		user, err := x.a.admit(ctx, x.user)
		x.identity = identityOf(user)
		return []byte(challenge), err
	}
	return nil, x.a.fail(ctx, x.c, x.user.Name, true)
}

// failure turns the library's error over a first message into ours; one that
// came from the look-up is kept.
func (x *scramExchange) failure(err error) error {
	if x.user.Name == "" && !isOurs(err) {
		return fmt.Errorf("SCRAM message: %v: %w", err, restante.ErrInvalid)
	}
	return err
}

// credentials answers the keys of a user. One who is not there, or has no
// keys, has a salt all the same, always the same one, so that nobody can ask
// which users exist; no proof fits it.
func (x *scramExchange) credentials(ctx context.Context, name string) (scram.StoredCredentials, error) {
	user, known, err := x.a.lookup(ctx, name)
	if err != nil {
		return scram.StoredCredentials{}, err
	}
	keys, has := keysFor(user.Credentials, x.mechanism)
	x.user, x.known = user, known && has
	if !x.known {
		m := hmac.New(sha256.New, x.a.secret)
		m.Write([]byte(x.mechanism + "\x00" + user.Name))
		keys.Salt = m.Sum(nil)[:16]
		keys.Iterations = x.a.params.Iterations
		keys.StoredKey = make([]byte, hashOf(x.mechanism)().Size())
		keys.ServerKey = keys.StoredKey
	}
	return scram.StoredCredentials{
		KeyFactors: scram.KeyFactors{Salt: string(keys.Salt), Iters: keys.Iterations},
		StoredKey:  keys.StoredKey, ServerKey: keys.ServerKey,
	}, nil
}

func (x *scramExchange) hash() scram.HashGeneratorFcn {
	return scram.HashGeneratorFcn(hashOf(x.mechanism))
}
