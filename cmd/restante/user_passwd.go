package main

import (
	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newUserPasswd(f *flags) *cobra.Command {
	var p passwordFlags
	c := &cobra.Command{
		Use:   "passwd NAME",
		Short: "Give a user a new password",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in := admin.Secret{Name: args[0]}
			if err := p.read(c, &in); err != nil {
				return err
			}
			return f.call(c, false, admin.OpUserPasswd, in)
		},
	}
	p.define(c)
	return c
}
