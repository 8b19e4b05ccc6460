package main

import (
	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newUserShow(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Show one user",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.call(c, false, admin.OpUserShow, admin.Name{Name: args[0]})
		},
	}
}
