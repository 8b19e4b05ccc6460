package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
)

func newUserList(f *flags) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List all users",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			return listUsers(c, conf, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return c
}

func listUsers(c *cobra.Command, conf config.Config, asJSON bool) error {
	return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
		t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		err := caller.Call(c.Context(), admin.OpUserList, struct{}{}, func(raw json.RawMessage) error {
			if asJSON {
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", raw)
				return err
			}
			var u admin.User
			if err := json.Unmarshal(raw, &u); err != nil {
				return err
			}
			state := ""
			if u.Disabled {
				state = "disabled"
			}
			_, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", u.Name, counted(int(u.Usage.Messages), "message"), size(u.Usage.Bytes), state)
			return err
		}, nil)
		if err != nil {
			return err
		}
		return t.Flush()
	})
}
