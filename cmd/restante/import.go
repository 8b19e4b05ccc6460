package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/interchange"
)

func newImport(f *flags) *cobra.Command {
	var in importInput
	c := &cobra.Command{
		Use:   "import --user NAME PATH…",
		Short: "Take in mbox files, Maildir and Maildir++ trees",
		Long: "Import takes in mbox files, Maildir and Maildir++ trees with flags, folders and dates. Messages that " +
			"cannot be read are told and passed over; what an earlier run has taken in is not taken again. While the " +
			"server runs, it is the server that reads the files.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if in.User == "" {
				return usageError{errors.New("--user is not given")}
			}
			conf, err := f.load()
			if err != nil {
				return err
			}
			if in.Paths, err = absolute(args); err != nil {
				return err
			}
			return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
				return runImport(c, caller, in)
			})
		},
	}
	c.Flags().StringVar(&in.User, "user", "", "the user `NAME` whose mail it is")
	c.Flags().StringVar(&in.Mailbox, "mailbox", "", "put all into mailbox `NAME` and below, not into INBOX and beside it")
	return c
}

// absolute makes paths that mean the same in the server.
func absolute(paths []string) ([]string, error) {
	var all []string
	for _, p := range paths {
		a, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(a); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func runImport(c *cobra.Command, caller admin.Caller, in importInput) error {
	bar := newByteBar(c.ErrOrStderr(), "importing")
	var report interchange.Report
	err := caller.Call(c.Context(), opImport, in, func(raw json.RawMessage) error {
		var e importEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		if e.Bad != "" {
			bar.clear()
			_, err := fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", e.Where, e.Bad)
			return err
		}
		bar.show(e.Done, e.Total)
		return nil
	}, &report)
	bar.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %d added, %d there already, %d bad\n",
		counted(report.Mailboxes, "mailbox"), report.Added, report.Skipped, report.Bad)
	return nil
}

// byteBar is a progress bar with rate and time left, on a terminal.
type byteBar struct{ bar *progressbar.ProgressBar }

func newByteBar(w io.Writer, what string) byteBar {
	if file, ok := w.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return byteBar{}
	}
	return byteBar{progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())}
}

func (b byteBar) show(done, total int64) {
	if b.bar != nil && total > 0 {
		b.bar.ChangeMax64(total)
		b.bar.Set64(done)
	}
}

func (b byteBar) clear() {
	if b.bar != nil {
		b.bar.Clear()
	}
}
