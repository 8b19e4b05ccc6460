package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/restante/restante/admin"
)

func newCheck(f *flags) *cobra.Command {
	var in admin.Check
	c := &cobra.Command{
		Use:   "check",
		Short: "Verify the whole store, or one user's account",
		Long: "Check verifies every invariant of the store and says in plain words what does not hold. " +
			"It works while the server runs and when it does not. The exit status is 0 only if all is well.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
				return runCheck(c, caller, in)
			})
		},
	}
	c.Flags().StringVar(&in.User, "user", "", "check the account of user `NAME` only")
	c.Flags().BoolVar(&in.Repair, "repair", false, "put right what can be without losing mail")
	c.Flags().BoolVar(&in.DropLost, "drop-lost", false, "with --repair: also remove the entries of messages whose content is gone")
	c.Flags().BoolVar(&in.Quick, "quick", false, "do not read every message")
	return c
}

func runCheck(c *cobra.Command, caller admin.Caller, in admin.Check) error {
	if in.DropLost && !in.Repair {
		return usageError{fmt.Errorf("--drop-lost goes with --repair")}
	}
	out := c.OutOrStdout()
	progress := newCheckProgress(c.ErrOrStderr())
	var result admin.CheckResult
	err := caller.Call(c.Context(), admin.OpCheck, in, func(raw json.RawMessage) error {
		var e admin.CheckEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		if e.Progress != nil {
			progress.show(e.Progress.Accounts, e.Progress.Messages, e.Progress.Bytes)
		}
		if e.Finding != "" {
			progress.clear()
			_, err := fmt.Fprintln(out, e.Finding)
			return err
		}
		return nil
	}, &result)
	progress.clear()
	if err != nil {
		return err
	}
	switch {
	case result.Findings == 0:
		fmt.Fprintf(out, "%s checked: all is well\n", counted(result.Accounts, "account"))
	case in.Repair:
		fmt.Fprintf(out, "%s checked: %s, %d put right\n", counted(result.Accounts, "account"), counted(result.Findings, "finding"), result.Fixed)
	default:
		fmt.Fprintf(out, "%s checked: %s\n", counted(result.Accounts, "account"), counted(result.Findings, "finding"))
	}
	if !result.Clean {
		return errUnclean
	}
	return nil
}

func counted(n int, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "x"):
		what += "es"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// checkProgress shows how far a check is, on a terminal.
type checkProgress struct{ bar *progressbar.ProgressBar }

func newCheckProgress(w io.Writer) checkProgress {
	if file, ok := w.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return checkProgress{}
	}
	return checkProgress{progressbar.NewOptions64(-1, progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("checking"))}
}

func (p checkProgress) show(accounts int, messages, bytes int64) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%s, %d messages", counted(accounts, "account"), messages))
		p.bar.Set64(bytes)
	}
}

func (p checkProgress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
