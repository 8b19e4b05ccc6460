package main

import (
	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

// newUserLock makes the commands disable and enable.
func newUserLock(f *flags, disabled bool) *cobra.Command {
	c := &cobra.Command{
		Use:   "enable NAME",
		Short: "Let a user log in again",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.call(c, false, admin.OpUserLock, admin.Lock{Name: args[0], Disabled: disabled})
		},
	}
	if disabled {
		c.Use, c.Short = "disable NAME", "Keep a user from logging in; mail is still taken"
	}
	return c
}
