package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newGroup(f *flags) *cobra.Command {
	c := &cobra.Command{
		Use:   "group",
		Short: "Add and change groups of users, who can be granted rights together",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	one := func(use, short, op string) *cobra.Command {
		return &cobra.Command{Use: use + " GROUP", Short: short, Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
			return f.do(c, op, admin.Group{Name: args[0]}, nil, nil)
		}}
	}
	member := func(use, short, op string) *cobra.Command {
		return &cobra.Command{Use: use + " GROUP USER", Short: short, Args: cobra.ExactArgs(2), RunE: func(c *cobra.Command, args []string) error {
			return f.do(c, op, admin.Membership{Group: args[0], User: args[1]}, nil, nil)
		}}
	}
	c.AddCommand(
		one("add", "Add a group without members", admin.OpGroupAdd),
		one("remove", "Remove a group, and the rights that it had", admin.OpGroupRemove),
		member("join", "Make a user a member of a group", admin.OpGroupJoin),
		member("leave", "End a user's membership", admin.OpGroupLeave),
		newGroupList(f), newGroupMembers(f),
	)
	return c
}

func newGroupList(f *flags) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List all groups", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return f.do(c, admin.OpGroupList, struct{}{}, func(raw json.RawMessage) error {
			var g admin.Group
			if err := json.Unmarshal(raw, &g); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), g.Name)
			return err
		}, nil)
	}}
}

func newGroupMembers(f *flags) *cobra.Command {
	return &cobra.Command{Use: "members GROUP", Short: "List the members of a group", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		var m admin.Members
		if err := f.do(c, admin.OpGroupMembers, admin.Group{Name: args[0]}, nil, &m); err != nil {
			return err
		}
		for _, u := range m.Users {
			fmt.Fprintln(c.OutOrStdout(), u)
		}
		return nil
	}}
}
