package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/interchange"
)

func newImport(f *flags) *cobra.Command {
	var user, mailbox string
	c := &cobra.Command{
		Use:   "import --user NAME [--mailbox NAME] PATH...",
		Short: "Bring in mbox files and Maildir trees",
		Long: "Import reads mbox files, Maildir and Maildir++ trees, with flags, folders and dates, into a user's " +
			"mailboxes, while the server runs or not. A message that cannot be taken is named and passed over. " +
			"What was imported before is not added again, so a run can be repeated.\n\n" +
			"A tree's own messages go to INBOX and its folders beside it; an mbox file goes to the mailbox of its " +
			"name, a mail spool to INBOX. With --mailbox all goes to that mailbox, folders below it.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			return f.withMail(c, user, func(mail admin.Mail) error { return runImport(c, mail, mailbox, paths) })
		},
	}
	c.Flags().StringVar(&user, "user", "", "user `NAME` whose mail it is")
	c.Flags().StringVar(&mailbox, "mailbox", "", "mailbox `NAME` to put all into")
	return c
}

func runImport(c *cobra.Command, mail admin.Mail, mailbox string, paths []string) error {
	progress := newByteProgress(c.ErrOrStderr(), "importing")
	report, err := interchange.Import{
		Target: mail, Mailbox: mailbox, Progress: progress.show,
		Bad: func(where string, err error) {
			progress.clear()
			fmt.Fprintf(c.ErrOrStderr(), "restante: not imported: %s: %v\n", where, err)
		},
	}.Run(c.Context(), paths...)
	progress.clear()
	if err == nil || report.Added > 0 {
		fmt.Fprintf(c.OutOrStdout(), "%s: %d added, %d there already, %d bad\n",
			counted(report.Mailboxes, "mailbox"), report.Added, report.Skipped, report.Bad)
	}
	return err
}

// byteProgress shows on a terminal how many bytes are done, at what rate, and
// the time left.
type byteProgress struct {
	w    io.Writer
	what string
	bar  *progressbar.ProgressBar // nil before the first show, and where there is no terminal
}

func newByteProgress(w io.Writer, what string) *byteProgress { return &byteProgress{w: w, what: what} }

func (p *byteProgress) show(done, total int64) {
	file, ok := p.w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.w), progressbar.OptionShowBytes(true),
			progressbar.OptionShowTotalBytes(true), progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription(p.what), progressbar.OptionUseANSICodes(true))
	}
	p.bar.Set64(done)
}

func (p *byteProgress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
