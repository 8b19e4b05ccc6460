package directory

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// sharePrefix starts the keys of the index of who shares something with an
// identifier: identifier NUL account. They lie in the partition of the identifier.
// A row may be superfluous, but where a mailbox's access control list names an
// identifier there is one.
const sharePrefix = 'i'

func shareKey(identifier string, owner restante.AccountID) []byte {
	return binary.BigEndian.AppendUint64(sharesOf(identifier), uint64(owner))
}

func sharesOf(identifier string) []byte {
	return append(append([]byte{sharePrefix}, identifier...), 0)
}

// Share notes that an account shares something with an identifier. If that is
// noted already nothing is written.
func (d *Directory) Share(ctx context.Context, identifier string, owner restante.AccountID) error {
	return d.edit(ctx, identifier, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, shareKey(identifier, owner))
		if !there {
			b.Set(shareKey(identifier, owner), nil)
		}
		return err
	})
}

// Unshare undoes Share.
func (d *Directory) Unshare(ctx context.Context, identifier string, owner restante.AccountID) error {
	return d.edit(ctx, identifier, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, shareKey(identifier, owner))
		if there {
			b.Delete(shareKey(identifier, owner), 0)
		}
		return err
	})
}

// Shares answers the accounts that may share something with an identifier, in
// rising order.
func (d *Directory) Shares(ctx context.Context, identifier string) ([]restante.AccountID, error) {
	rows, err := d.after(ctx, identifier, sharesOf(identifier))
	if err != nil {
		return nil, err
	}
	return decodeShares(identifier, rows)
}

func decodeShares(identifier string, rows []string) ([]restante.AccountID, error) {
	list := make([]restante.AccountID, 0, len(rows))
	for _, row := range rows {
		if len(row) != 8 {
			return nil, fmt.Errorf("directory: share of %q with the key %x: %w", identifier, row, restante.ErrCorrupt)
		}
		list = append(list, restante.AccountID(binary.BigEndian.Uint64([]byte(row))))
	}
	return list, nil
}

// Tenant answers whom a user, whose name is in canonical form, has in common with
// others: the domain of the name, or "" for names without one and those in local
// domains.
func (d *Directory) Tenant(name string) string {
	at := strings.LastIndexByte(name, '@')
	if at < 0 || d.local[name[at+1:]] {
		return ""
	}
	return name[at+1:]
}
