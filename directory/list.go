package directory

import (
	"cmp"
	"context"
	"slices"

	"github.com/restante/restante/kv"
)

// List calls f for every user, by name, until f answers an error, which List
// returns. Users that come or go meanwhile may be in it or not; one whose entry
// cannot be read is left out, with an error in the log.
func (d *Directory) List(ctx context.Context, f func(User) error) error {
	var users []User
	for p := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if users, err = d.appendUsers(ctx, kv.Partition(p), users); err != nil {
			return err
		}
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	for _, u := range users {
		if err := f(u); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) appendUsers(ctx context.Context, p kv.Partition, users []User) ([]User, error) {
	snap, err := d.kv.Snapshot(ctx, p)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	if snap.Version() == 0 {
		return users, nil
	}
	it := snap.Scan([]byte{userPrefix}, []byte{userPrefix + 1})
	defer it.Close()
	for it.Next() {
		u, err := decodeUser(string(it.Key()[1:]), it.Value())
		if err != nil {
			// The others must not suffer; Lookup answers the error.
			d.logger.Error("user cannot be listed", "user", u.Name, "error", err)
			continue
		}
		users = append(users, u)
	}
	return users, it.Err()
}
