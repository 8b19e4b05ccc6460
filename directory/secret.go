package directory

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/restante/restante/kv"
)

// The secret lies in the directory's first partition, under a key that no user
// has.
const secretPartition kv.Partition = 0

const secretLength = 32

// Secret answers 32 random bytes that belong to this store: the same on every
// node and after every start. They are made at the first call.
func (d *Directory) Secret(ctx context.Context) ([]byte, error) {
	key := []byte("s")
	for {
		snap, err := d.kv.Snapshot(ctx, secretPartition)
		if err != nil {
			return nil, err
		}
		secret, err := snap.Get(key, nil)
		version := snap.Version()
		snap.Close()
		if err == nil || !errors.Is(err, kv.ErrNotFound) {
			return secret, err
		}
		secret = make([]byte, secretLength)
		if _, err := rand.Read(secret); err != nil {
			return nil, err
		}
		var b kv.Batch
		b.Set(key, secret)
		_, err = d.kv.Commit(ctx, secretPartition, version, &b, kv.Durable)
		if errors.Is(err, kv.ErrConflict) {
			continue
		}
		return secret, err
	}
}
