package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// terminal is where somebody can be asked.
type terminal struct {
	in    *os.File
	out   io.Writer
	lines *term.Terminal // keeps what was typed ahead
}

// terminalOf answers the terminal that a command reads from, or false.
func terminalOf(c *cobra.Command) (terminal, bool) {
	in, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return terminal{}, false
	}
	out := c.ErrOrStderr()
	return terminal{in, out, term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, "")}, true
}

// line asks for a line of text.
func (t terminal) line(ctx context.Context, label string) (string, error) {
	t.lines.SetPrompt(label)
	return t.ask(ctx, t.lines.ReadLine)
}

// secret asks for a line that is not shown.
func (t terminal) secret(ctx context.Context, label string) (string, error) {
	return t.ask(ctx, func() (string, error) { return t.lines.ReadPassword(label) })
}

// ask reads an answer until Ctrl-C or the end of ctx. Nothing interrupts reading
// from a terminal, so after the latter that goes on for as long as the program does.
func (t terminal) ask(ctx context.Context, read func() (string, error)) (string, error) {
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return "", err
	}
	defer term.Restore(int(t.in.Fd()), before)
	type result struct {
		answer string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := read()
		done <- result{answer, err}
	}()
	r := result{err: io.EOF}
	select {
	case r = <-done:
	case <-ctx.Done():
	}
	if errors.Is(r.err, io.EOF) { // Ctrl-C is one too
		io.WriteString(t.out, "\r\n")
		return "", context.Canceled
	}
	return r.answer, r.err
}
