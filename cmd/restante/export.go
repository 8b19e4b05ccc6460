package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante"
	"github.com/restante/restante/admin"
	"github.com/restante/restante/interchange"
)

func newExport(f *flags) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use:   "export --user NAME DIR",
		Short: "Write a user's mail as Maildir++",
		Long: "Export writes all mailboxes of a user to DIR as Maildir++, with flags, dates and subscriptions, " +
			"while the server runs or not. DIR must not hold a Maildir yet. Line ends become LF, as Maildir has them. " +
			"A message that cannot be read any more is named and left out, and the exit status is not 0.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withMail(c, user, func(mail admin.Mail) error { return runExport(c, mail, args[0]) })
		},
	}
	c.Flags().StringVar(&user, "user", "", "user `NAME` whose mail it is")
	return c
}

func runExport(c *cobra.Command, mail admin.Mail, dir string) error {
	errs := c.ErrOrStderr()
	clearLine, damaged := "", 0
	export := interchange.Export{
		Source: mail,
		Lost: func(mailbox string, keywords []string) {
			fmt.Fprintf(errs, "%srestante: %s: a Maildir has room for 26 keywords; left out: %s\n",
				clearLine, mailbox, strings.Join(keywords, " "))
		},
		Damaged: func(mailbox string, uid restante.UID, err error) {
			damaged++
			fmt.Fprintf(errs, "%srestante: not exported: %s, UID %d: %v\n", clearLine, mailbox, uid, err)
		},
	}
	if file, ok := errs.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		clearLine = "\r\x1b[K"
		var last time.Time
		export.Progress = func(mailbox string, messages int) {
			if now := time.Now(); now.Sub(last) > 100*time.Millisecond {
				last = now
				fmt.Fprintf(errs, "%s%s: %s", clearLine, mailbox, counted(messages, "message"))
			}
		}
		defer fmt.Fprint(errs, clearLine)
	}
	n, err := export.Run(c.Context(), dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s written to %s\n", counted(n, "message"), dir)
	if damaged > 0 {
		return fmt.Errorf("%s cannot be read any more", counted(damaged, "message"))
	}
	return nil
}
