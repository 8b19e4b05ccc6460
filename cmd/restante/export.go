package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/interchange"
)

func newExport(f *flags) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use:   "export --user NAME DIR",
		Short: "Write a user's mail as Maildir++",
		Long: "Export writes all mailboxes of a user to DIR as Maildir++, with flags, dates and subscriptions, " +
			"while the server runs or not. DIR must not hold a Maildir yet. Line ends become LF, as Maildir has them.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withMail(c, user, func(mail admin.Mail) error { return runExport(c, mail, args[0]) })
		},
	}
	c.Flags().StringVar(&user, "user", "", "user `NAME` whose mail it is")
	return c
}

func runExport(c *cobra.Command, mail admin.Mail, dir string) error {
	file, isFile := c.ErrOrStderr().(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd()))
	clearLine := ""
	export := interchange.Export{Source: mail, Lost: func(mailbox string, keywords []string) {
		fmt.Fprintf(c.ErrOrStderr(), "%srestante: %s: a Maildir has room for 26 keywords; left out: %s\n",
			clearLine, mailbox, strings.Join(keywords, " "))
	}}
	if terminal {
		clearLine = "\r\x1b[K"
		var last time.Time
		export.Progress = func(mailbox string, messages int) {
			if now := time.Now(); now.Sub(last) > 100*time.Millisecond {
				last = now
				fmt.Fprintf(file, "%s%s: %s", clearLine, mailbox, counted(messages, "message"))
			}
		}
		defer fmt.Fprint(file, clearLine)
	}
	n, err := export.Run(c.Context(), dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s written to %s\n", counted(n, "message"), dir)
	return nil
}
