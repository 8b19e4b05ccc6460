package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
)

func newUserRemove(f *flags) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a user with all mail",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !yes && !confirm(c, args[0]) {
				return errors.New("nothing was removed")
			}
			return f.do(c, admin.OpUserRemove, admin.Name{Name: args[0]}, nil, nil)
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask on a terminal")
	return c
}

// confirm asks, if there is someone at a terminal to be asked.
func confirm(c *cobra.Command, name string) bool {
	in, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return true
	}
	fmt.Fprintf(c.ErrOrStderr(), "Remove user %s with all mail? Type the name again: ", name)
	var answer string
	fmt.Fscanln(in, &answer)
	return answer == name
}
