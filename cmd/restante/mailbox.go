package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newMailbox(f *flags) *cobra.Command {
	c := &cobra.Command{
		Use:   "mailbox",
		Short: "Make and share public mailboxes, and those of users",
		Long: "Mailbox works on the public mailboxes, which clients see below Shared/, or with --user on a user's.\n" +
			"Public mailboxes belong to a domain, whose users alone see them: that of --domain, or the users without one.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var where admin.Box
	c.PersistentFlags().StringVar(&where.User, "user", "", "the mailboxes of this `USER`")
	c.PersistentFlags().StringVar(&where.Domain, "domain", "", "the public mailboxes of this `DOMAIN`")
	at := func(name string) admin.Box {
		b := where
		b.Mailbox = name
		return b
	}
	command := func(use, short string, n int, in func(args []string) (string, any)) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(n), RunE: func(c *cobra.Command, args []string) error {
			op, value := in(args)
			return f.do(c, op, value, nil, nil)
		}}
	}
	c.AddCommand(
		command("create MAILBOX", "Make a mailbox; everyone of the domain can read a public one", 1, func(a []string) (string, any) {
			return admin.OpBoxCreate, at(a[0])
		}),
		command("delete MAILBOX", "Delete a mailbox with its messages", 1, func(a []string) (string, any) {
			return admin.OpBoxDelete, at(a[0])
		}),
		command("rename MAILBOX NAME", "Give a mailbox another name", 2, func(a []string) (string, any) {
			return admin.OpBoxRename, admin.BoxRename{Box: at(a[0]), To: a[1]}
		}),
		command("grant MAILBOX WHO RIGHTS", "Give a user, group:NAME or anyone the rights RIGHTS, such as lrs", 3, func(a []string) (string, any) {
			return admin.OpBoxGrant, admin.BoxGrant{Box: at(a[0]), Identifier: a[1], Rights: a[2]}
		}),
		command("revoke MAILBOX WHO", "Take all rights from a user, group:NAME or anyone", 2, func(a []string) (string, any) {
			return admin.OpBoxGrant, admin.BoxGrant{Box: at(a[0]), Identifier: a[1]}
		}),
		newMailboxList(f, at, false), newMailboxList(f, at, true),
	)
	return c
}

// newMailboxList makes list, and acl, which tells who has which rights as well.
func newMailboxList(f *flags, at func(string) admin.Box, acl bool) *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the mailboxes", Args: cobra.NoArgs}
	if acl {
		c = &cobra.Command{Use: "acl MAILBOX", Short: "Tell who has which rights on a mailbox", Args: cobra.ExactArgs(1)}
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		name := ""
		if acl {
			name = args[0]
		}
		return f.do(c, admin.OpBoxList, at(name), func(raw json.RawMessage) error {
			var b admin.BoxACL
			if err := json.Unmarshal(raw, &b); err != nil {
				return err
			}
			if !acl {
				fmt.Fprintln(c.OutOrStdout(), b.Mailbox)
				return nil
			}
			for _, g := range b.Grants {
				fmt.Fprintf(c.OutOrStdout(), "%s\t%s\n", g.Identifier, g.Rights)
			}
			return nil
		}, nil)
	}
	return c
}
