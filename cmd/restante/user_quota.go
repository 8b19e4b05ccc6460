package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
)

func newUserQuota(f *flags) *cobra.Command {
	var mailboxes int64
	var annotations string
	c := &cobra.Command{
		Use:   "quota NAME SIZE [MESSAGES]",
		Short: "Bound what a user's account may hold; 0 is any number",
		Args:  cobra.RangeArgs(2, 3),
		RunE: func(c *cobra.Command, args []string) error {
			var bytes config.Size
			if err := bytes.UnmarshalText([]byte(args[1])); err != nil {
				return usageError{err}
			}
			in := admin.Quota{Name: args[0], Bytes: int64(bytes)}
			if len(args) == 3 {
				n, err := strconv.ParseInt(args[2], 10, 64)
				if err != nil || n < 0 {
					return usageError{fmt.Errorf("%q is not a number of messages", args[2])}
				}
				in.Messages = n
			}
			if mailboxes < 0 {
				return usageError{fmt.Errorf("%d is not a number of mailboxes", mailboxes)}
			}
			var octets config.Size
			if err := octets.UnmarshalText([]byte(annotations)); err != nil {
				return usageError{err}
			}
			in.Mailboxes, in.Annotations = mailboxes, int64(octets)
			return f.call(c, false, admin.OpUserQuota, in)
		},
	}
	c.Flags().Int64Var(&mailboxes, "mailboxes", 0, "bound on mailboxes; 0 is any number")
	c.Flags().StringVar(&annotations, "annotations", "0", "bound on the bytes of annotations and metadata; 0 is any number")
	return c
}
