// Command restante keeps people's mail and serves it over IMAP.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/restante/restante/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	err := root.ExecuteContext(ctx)
	os.Exit(report(os.Stderr, err))
}

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUnclean ends a command that has already said what is wrong.
var errUnclean = errors.New("not clean")

// usageError is a mistake on the command line.
type usageError struct{ error }

// report writes an error in one line and answers the exit status.
func report(w io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUnclean):
		return exitFailed
	case errors.Is(err, context.Canceled): // by Ctrl-C or SIGTERM
		fmt.Fprintln(w, "restante: interrupted")
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(w, "restante: %v\n", err)
		return exitUsage
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // several mistakes in one file
		fmt.Fprintf(w, "restante: %s\n", line)
	}
	return exitFailed
}

// flags are those that most commands have.
type flags struct {
	config string
	data   string
}

// newRoot makes the command tree.
func newRoot() *cobra.Command {
	f := new(flags)
	root := &cobra.Command{
		Use:           "restante",
		Short:         "A mailbox server: takes mail over LMTP and serves it over IMAP",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().StringVarP(&f.config, "config", "c", "", "configuration `FILE`; without it "+systemConfig+" if that is there, else the defaults")
	root.PersistentFlags().StringVar(&f.data, "data", "", "data `DIR`, instead of the configured one")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newDemo(f), newServe(f), newConfig(f), newUser(f), newGroup(f), newMailbox(f),
		newImport(f), newExport(f), newCheck(f), newMigrate(f), newStatus(f), newVersion())
	strictArgs(root)
	return root
}

// strictArgs makes mistakes in arguments usage errors.
func strictArgs(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, list []string) error {
			if err := args(c, list); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
}

// systemConfig is where an installed server has its configuration.
const systemConfig = "/etc/restante/restante.toml"

// load reads the configuration that the flags name, or that of the installed
// server if they name none and no data directory either.
func (f *flags) load() (config.Config, error) {
	file := f.config
	if file == "" && f.data == "" {
		if _, err := os.Stat(systemConfig); err == nil {
			file = systemConfig
		}
	}
	c := config.Default()
	if file != "" {
		var err error
		if c, err = config.Load(file); err != nil {
			return c, err
		}
	}
	if f.data != "" {
		c.Data = f.data
	}
	return c, nil
}
