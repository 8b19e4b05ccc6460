package directory

import (
	"cmp"
	"context"
	"slices"
)

// List calls f for every user, by name, until f answers an error, which List
// returns. Users that come or go meanwhile may be in it or not; one whose entry
// cannot be read is left out, with an error in the log.
func (d *Directory) List(ctx context.Context, f func(User) error) error {
	var users []User
	err := d.scanAll(ctx, userPrefix, func(name, value []byte) error {
		u, err := decodeUser(string(name), value)
		if err != nil {
			// The others must not suffer; Lookup answers the error.
			d.logger.Error("user cannot be listed", "user", u.Name, "error", err)
			return nil
		}
		users = append(users, u)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	for _, u := range users {
		if err := f(u); err != nil {
			return err
		}
	}
	return nil
}
