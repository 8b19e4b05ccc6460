package directory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/mailstore"
)

// Group is a number of users who can be granted rights together. Its name is of
// the form of a user's, and does not collide with users'.
type Group struct {
	Name    string // in canonical form
	Created time.Time
}

// Keys of groups: a group lies in the partition of its name, a membership in that
// of the member, so that a login finds its groups in one place. No name has a NUL.
const (
	groupPrefix  = 'g' // group
	memberPrefix = 'm' // user NUL group
)

func groupKey(name string) []byte { return append([]byte{groupPrefix}, name...) }

func memberKey(user, group string) []byte {
	return append(append(append([]byte{memberPrefix}, user...), 0), group...)
}

// groupRecord is a group as stored, in JSON so that later programs can add fields.
type groupRecord struct {
	Created int64 `json:"created"`
}

// AddGroup makes a group without members. Errors are restante.ErrExists and
// ErrInvalid.
func (d *Directory) AddGroup(ctx context.Context, name string) (Group, error) {
	name, err := Canonical(name)
	if err != nil {
		return Group{}, err
	}
	g := Group{Name: name, Created: d.now().UTC().Truncate(time.Second)}
	return g, d.edit(ctx, name, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, groupKey(name))
		if err != nil {
			return err
		}
		if there {
			return fmt.Errorf("group %q %w", name, restante.ErrExists)
		}
		value, err := json.Marshal(groupRecord{g.Created.Unix()})
		b.Set(groupKey(name), value)
		return err
	})
}

// RemoveGroup removes a group: its members first, so that nobody is left in a group
// that another one of its name could become. The error is restante.ErrNotFound for
// an unknown one.
func (d *Directory) RemoveGroup(ctx context.Context, name string) error {
	name, err := d.groupNamed(ctx, name)
	if err != nil {
		return err
	}
	members, err := d.Members(ctx, name)
	if err != nil {
		return err
	}
	for _, user := range members {
		if err := d.dropMember(ctx, user, name); err != nil {
			return err
		}
	}
	return d.edit(ctx, name, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, groupKey(name))
		if there {
			b.Delete(groupKey(name), 0)
		}
		return err
	})
}

// groupNamed answers the canonical name of a group that is there.
func (d *Directory) groupNamed(ctx context.Context, name string) (string, error) {
	name, err := Canonical(name)
	if err != nil {
		return "", err
	}
	snap, err := d.kv.Snapshot(ctx, partitionOf(name))
	if err != nil {
		return "", err
	}
	defer snap.Close()
	there, err := has(snap, groupKey(name))
	if err == nil && !there {
		err = fmt.Errorf("group %q: %w", name, restante.ErrNotFound)
	}
	return name, err
}

// Join makes a user a member of a group. Joining twice is no error; an unknown
// user or group is restante.ErrNotFound.
func (d *Directory) Join(ctx context.Context, user, group string) error {
	group, err := d.groupNamed(ctx, group)
	if err != nil {
		return err
	}
	u, err := d.Lookup(ctx, user)
	if err != nil {
		return err
	}
	return d.edit(ctx, u.Name, func(snap kv.Snapshot, b *kv.Batch) error {
		if there, err := has(snap, userKey(u.Name)); err != nil || !there {
			return errors.Join(err, fmt.Errorf("user %q: %w", u.Name, restante.ErrNotFound))
		}
		there, err := has(snap, memberKey(u.Name, group))
		if !there {
			b.Set(memberKey(u.Name, group), nil)
		}
		return err
	})
}

// Leave ends a user's membership. The error is restante.ErrNotFound if there was
// none.
func (d *Directory) Leave(ctx context.Context, user, group string) error {
	group, err := Canonical(group)
	if err != nil {
		return err
	}
	u, err := d.Lookup(ctx, user)
	if err != nil {
		return err
	}
	groups, err := d.Groups(ctx, u.Name)
	if err != nil {
		return err
	}
	if !slices.Contains(groups, group) {
		return fmt.Errorf("user %q in group %q: %w", u.Name, group, restante.ErrNotFound)
	}
	return d.dropMember(ctx, u.Name, group)
}

func (d *Directory) dropMember(ctx context.Context, user, group string) error {
	return d.edit(ctx, user, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, memberKey(user, group))
		if there {
			b.Delete(memberKey(user, group), 0)
		}
		return err
	})
}

// Groups answers the groups of a user, whose name is in canonical form.
func (d *Directory) Groups(ctx context.Context, user string) ([]string, error) {
	return d.after(ctx, user, memberKey(user, ""))
}

// Reach answers the groups of a user, whose name is in canonical form, and as Shares does
// who may share something with any of some identifiers, at once, and finds out along the way
// whether an account is up to date (mailstore.Account.UpToDate); nil: none.
func (d *Directory) Reach(ctx context.Context, along *mailstore.Account, user string, identifiers ...string) (groups []string, shares []restante.AccountID, err error) {
	names, prefixes := []string{user}, [][]byte{memberKey(user, "")}
	for _, identifier := range identifiers {
		names, prefixes = append(names, identifier), append(prefixes, sharesOf(identifier))
	}
	lists, err := d.afterEach(ctx, along, names, prefixes)
	if err != nil {
		return nil, nil, err
	}
	for i, identifier := range identifiers {
		more, err := decodeShares(identifier, lists[i+1])
		if err != nil {
			return nil, nil, err
		}
		shares = append(shares, more...)
	}
	return lists[0], shares, nil
}

// ListGroups answers all groups by name.
func (d *Directory) ListGroups(ctx context.Context) ([]Group, error) {
	var list []Group
	err := d.scanAll(ctx, groupPrefix, func(key, value []byte) error {
		var r groupRecord
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("directory: group %q cannot be read: %v: %w", key, err, restante.ErrCorrupt)
		}
		list = append(list, Group{Name: string(key), Created: time.Unix(r.Created, 0).UTC()})
		return nil
	})
	slices.SortFunc(list, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// Members answers the members of a group by name; the error is
// restante.ErrNotFound for an unknown one.
func (d *Directory) Members(ctx context.Context, group string) ([]string, error) {
	group, err := d.groupNamed(ctx, group)
	if err != nil {
		return nil, err
	}
	var list []string
	err = d.scanAll(ctx, memberPrefix, func(key, _ []byte) error {
		if user, of, _ := bytes.Cut(key, []byte{0}); string(of) == group {
			list = append(list, string(user))
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}
