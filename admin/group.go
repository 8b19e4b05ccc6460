package admin

import (
	"context"

	"github.com/restante/restante/directory"
)

// Group names a group of users.
type Group struct {
	Name string `json:"name"`
}

// Membership names a user and a group.
type Membership struct {
	User  string `json:"user"`
	Group string `json:"group"`
}

// Members are a group's members by name.
type Members struct {
	Users []string `json:"users"`
}

func (o Options) addGroup(ctx context.Context, in Group, _ func(any) error) (Group, error) {
	g, err := o.Directory.AddGroup(ctx, in.Name)
	if err == nil {
		o.Logger.Info("group added", "group", g.Name)
	}
	return Group{Name: g.Name}, err
}

// removeGroup takes the group out of all access control lists first, so that another
// one of its name gets none of its rights.
func (o Options) removeGroup(ctx context.Context, in Group, _ func(any) error) (struct{}, error) {
	name, err := directory.Canonical(in.Name)
	if err != nil {
		return struct{}{}, err
	}
	if _, err := o.Directory.Members(ctx, name); err != nil {
		return struct{}{}, err
	}
	if err := o.Namespace.Forget(ctx, "group:"+name); err != nil {
		return struct{}{}, err
	}
	if err := o.Directory.RemoveGroup(ctx, name); err != nil {
		return struct{}{}, err
	}
	o.Logger.Info("group removed", "group", name)
	return struct{}{}, nil
}

func (o Options) listGroups(ctx context.Context, _ struct{}, event func(any) error) (struct{}, error) {
	groups, err := o.Directory.ListGroups(ctx)
	if err != nil {
		return struct{}{}, err
	}
	for _, g := range groups {
		if err := event(Group{Name: g.Name}); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

func (o Options) members(ctx context.Context, in Group, _ func(any) error) (Members, error) {
	users, err := o.Directory.Members(ctx, in.Name)
	return Members{Users: users}, err
}

func (o Options) joinGroup(ctx context.Context, in Membership, _ func(any) error) (struct{}, error) {
	err := o.Directory.Join(ctx, in.User, in.Group)
	if err == nil {
		o.Logger.Info("user joined a group", "user", in.User, "group", in.Group)
	}
	return struct{}{}, err
}

func (o Options) leaveGroup(ctx context.Context, in Membership, _ func(any) error) (struct{}, error) {
	err := o.Directory.Leave(ctx, in.User, in.Group)
	if err == nil {
		o.Logger.Info("user left a group", "user", in.User, "group", in.Group)
	}
	return struct{}{}, err
}
