// Package directory knows who may log in and to whom mail is addressed: it
// maps login names and addresses to accounts and keeps their credentials. It
// lies in 256 partitions of the store, chosen by a hash of the name, so that
// it spreads over machines like the accounts themselves.
package directory

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/mailstore"
)

// Options configure a Directory. The zero value is ready for use.
type Options struct {
	// LocalDomains are the domains whose addresses also name the users that
	// have no domain in their name: with "example.org" here, mail to
	// bob@example.org is bob's unless there is a user bob@example.org.
	LocalDomains []string
	Logger       *slog.Logger     // nil: discards
	Now          func() time.Time // nil: time.Now
}

// Directory is the table of users. It holds no state of its own but a number, so that any
// number of nodes may use the same store. All methods may be called
// concurrently; names are taken in any spelling and canonicalised.
type Directory struct {
	kv     kv.Store
	store  *mailstore.Store
	local  map[string]bool
	logger *slog.Logger
	now    func() time.Time
	single bool   // no other node writes to the store
	nobody []byte // LookupDiscreetly

	generation *atomic.Uint64 // of groups, shares and public accounts, as this node changed them
}

// Open answers the directory in kvs, whose accounts are in ms. It answers an
// error of kind restante.ErrInvalid for a domain that is none.
func Open(kvs kv.Store, ms *mailstore.Store, o Options) (*Directory, error) {
	d := &Directory{kv: kvs, store: ms, local: map[string]bool{}, logger: o.Logger, now: o.Now, generation: new(atomic.Uint64)}
	if d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	if e, ok := kvs.(interface{ SingleWriter() bool }); ok {
		d.single = e.SingleWriter()
	}
	var err error
	if d.nobody, err = nobody(); err != nil {
		return nil, err
	}
	for _, domain := range o.LocalDomains {
		c, err := canonicalDomain(domain)
		if err != nil {
			return nil, err
		}
		d.local[c] = true
	}
	return d, nil
}

// partitions is how many partitions the directory has: all those below the
// first account's.
const partitions = int(restante.FirstAccountID)

// partitionOf never changes: stores depend on it.
func partitionOf(name string) kv.Partition {
	h := fnv.New64a()
	h.Write([]byte(name))
	return kv.Partition(h.Sum64() % uint64(partitions))
}

// settleTime bounds how long a change waits to learn what became of its commit.
const settleTime = 10 * time.Second

// userPrefix starts the key of each user, before the canonical name.
const userPrefix = 'u'

func userKey(name string) []byte {
	return append([]byte{userPrefix}, name...)
}

// removedPrefix starts the key of each user who was removed, before the canonical
// name. The value is the number:8 of the account, which tells how to go on with
// UIDVALIDITY should the name be given again.
const removedPrefix = 'r'

func removedKey(name string) []byte {
	return append([]byte{removedPrefix}, name...)
}

// get reads the entry of a canonical name and the version of its partition.
func (d *Directory) get(ctx context.Context, name string) (User, kv.Version, error) {
	rows, version, err := kv.First(ctx, d.kv, partitionOf(name), []kv.Range{kv.Only(userKey(name))})
	if err != nil {
		return User{}, 0, err
	}
	if rows[0].Key == nil {
		return User{}, version, fmt.Errorf("user %q: %w", name, restante.ErrNotFound)
	}
	u, err := decodeUser(name, rows[0].Value)
	return u, version, err
}

// Lookup answers the user who logs in as name: the one of exactly that name,
// else, in a local domain, the one without a domain. It answers
// restante.ErrNotFound, and restante.ErrInvalid for what cannot be a name.
func (d *Directory) Lookup(ctx context.Context, name string) (User, error) {
	local, domain, err := split(name)
	if err != nil {
		return User{}, err
	}
	return d.lookup(ctx, local, domain)
}

func (d *Directory) lookup(ctx context.Context, local, domain string) (User, error) {
	u, _, err := d.get(ctx, join(local, domain))
	if domain != "" && d.local[domain] && errors.Is(err, restante.ErrNotFound) {
		if u, _, errLocal := d.get(ctx, local); !errors.Is(errLocal, restante.ErrNotFound) {
			return u, errLocal
		}
	}
	return u, err
}

// change applies f to the entry of name as it is now and commits the result,
// again whenever somebody else was faster. f sees found=false for a name that
// is not there; it answers keep=false to delete the entry, and nothing is done if
// there is none. Where a commit fails so that it may be written or not, the entry is
// read again, and a change that is there is no error.
func (d *Directory) change(ctx context.Context, name string,
	f func(u User, found bool) (next User, keep bool, err error)) (User, error) {
	for {
		u, version, err := d.get(ctx, name)
		found := err == nil
		if err != nil && !errors.Is(err, restante.ErrNotFound) {
			return User{}, err
		}
		next, keep, err := f(u, found)
		if err != nil || !found && !keep {
			return User{}, err
		}
		var b kv.Batch
		var value []byte // nil: none
		if keep {
			if value, err = next.encode(); err != nil {
				return User{}, err
			}
			b.Set(userKey(name), value)
			if !found {
				b.Delete(removedKey(name), 8)
			}
		} else {
			b.Delete(userKey(name), 0)
			b.Set(removedKey(name), binary.BigEndian.AppendUint64(nil, uint64(u.Account)))
		}
		_, err = d.kv.Commit(ctx, partitionOf(name), version, &b, kv.Durable)
		if errors.Is(err, kv.ErrConflict) {
			continue
		}
		if err == nil || d.isWritten(ctx, name, version+1, value) {
			return next, nil
		}
		return User{}, err
	}
}

// isWritten reports whether the entry of name is value, nil for none, at that
// version of its partition.
func (d *Directory) isWritten(ctx context.Context, name string, at kv.Version, value []byte) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	snap, err := d.kv.Snapshot(ctx, partitionOf(name))
	if err != nil {
		return false
	}
	defer snap.Close()
	if snap.Version() != at {
		return false
	}
	now, err := snap.Get(userKey(name), nil)
	if value == nil {
		return errors.Is(err, kv.ErrNotFound)
	}
	return err == nil && bytes.Equal(now, value)
}
