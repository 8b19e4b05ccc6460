package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
)

func newExport(f *flags) *cobra.Command {
	var in exportInput
	c := &cobra.Command{
		Use:   "export --user NAME DIR",
		Short: "Write a user's mail as Maildir++ with flags",
		Long: "Export writes all mailboxes of a user as a Maildir++ tree with flags. While the server runs, it is the " +
			"server that writes the files.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if in.User == "" {
				return usageError{errors.New("--user is not given")}
			}
			conf, err := f.load()
			if err != nil {
				return err
			}
			if in.Dir, err = filepath.Abs(args[0]); err != nil {
				return err
			}
			return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
				return runExport(c, caller, in)
			})
		},
	}
	c.Flags().StringVar(&in.User, "user", "", "the user `NAME` whose mail it is")
	return c
}

func runExport(c *cobra.Command, caller admin.Caller, in exportInput) error {
	file, isFile := c.ErrOrStderr().(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd()))
	const clearLine = "\r\x1b[K"
	var result exportResult
	err := caller.Call(c.Context(), opExport, in, func(raw json.RawMessage) error {
		var e exportEvent
		if err := json.Unmarshal(raw, &e); err != nil || !terminal {
			return err
		}
		_, err := fmt.Fprintf(file, "%s%s: %d messages", clearLine, e.Mailbox, e.Messages)
		return err
	}, &result)
	if terminal {
		fmt.Fprint(file, clearLine)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s written to %s\n", counted(result.Messages, "message"), in.Dir)
	return nil
}
