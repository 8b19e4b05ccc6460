package main

import (
	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newUserAdd(f *flags) *cobra.Command {
	var p passwordFlags
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user with an account",
		Long:  "Add makes an account and a user, NAME or NAME@DOMAIN, who can log in to it and get mail.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in := admin.Secret{Name: args[0]}
			if err := p.read(c, &in); err != nil {
				return err
			}
			return f.call(c, true, admin.OpUserAdd, in)
		},
	}
	p.define(c)
	return c
}
