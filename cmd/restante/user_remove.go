package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newUserRemove(f *flags) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a user with all mail",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !yes {
				if err := confirm(c, args[0]); err != nil {
					return err
				}
			}
			return f.do(c, admin.OpUserRemove, admin.Name{Name: args[0]}, nil, nil)
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// confirm has the name typed again.
func confirm(c *cobra.Command, name string) error {
	terminal, ok := terminalOf(c)
	if !ok {
		return usageError{errors.New("standard input is no terminal: use --yes to remove the user with all mail")}
	}
	answer, err := terminal.line(c.Context(), "Remove user "+name+" with all mail? Type the name again: ")
	if err == nil && answer != name {
		err = errors.New("that is another name: nothing was removed")
	}
	return err
}
