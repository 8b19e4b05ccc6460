package main

import (
	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
)

func newUserAppendLimit(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "appendlimit NAME MAILBOX SIZE",
		Short: "Bound what a client may append to a mailbox; none: as the server does, 0: nothing at all",
		Args:  cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			in := admin.AppendLimit{Place: admin.Place{User: args[0], Mailbox: args[1]}, Bytes: -1}
			if args[2] != "none" {
				var size config.Size
				if err := size.UnmarshalText([]byte(args[2])); err != nil {
					return usageError{err}
				}
				in.Bytes = int64(size)
			}
			return f.call(c, false, admin.OpUserAppendLimit, in)
		},
	}
}
