package directory

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/restante/restante"
)

// LookupDiscreetly is Lookup for somebody who is not to learn whether there is such a
// user: it reads as many entries, and decodes one, for every name in a domain.
func (d *Directory) LookupDiscreetly(ctx context.Context, name string) (User, error) {
	local, domain, err := split(name)
	if err != nil {
		return User{}, err
	}
	u, _, err := d.get(ctx, join(local, domain))
	if domain != "" && d.local[domain] {
		other, _, errLocal := d.get(ctx, local)
		if errors.Is(err, restante.ErrNotFound) && !errors.Is(errLocal, restante.ErrNotFound) {
			u, err = other, errLocal
		}
	}
	if errors.Is(err, restante.ErrNotFound) {
		if _, corrupt := decodeUser(name, d.nobody); corrupt != nil {
			return User{}, corrupt
		}
	}
	return u, err
}

// nobody gives the entry of a user such as most are, which stands in for those that
// are not there.
func nobody() ([]byte, error) {
	keys := func(mechanism string, size int) SCRAMKeys {
		key := bytes.Repeat([]byte{1}, size)
		return SCRAMKeys{Mechanism: mechanism, Iterations: 4096, Salt: key[:16], StoredKey: key, ServerKey: key}
	}
	return User{
		Account: restante.FirstAccountID,
		Created: time.Unix(1<<30, 0),
		Credentials: Credentials{
			Hash:  "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 66),
			SCRAM: []SCRAMKeys{keys("SCRAM-SHA-256", 32), keys("SCRAM-SHA-1", 20)},
		},
	}.encode()
}
