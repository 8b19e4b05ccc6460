package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/auth"
)

// passwordFlags say where a password comes from. It is never an argument,
// which everybody on the machine could read.
type passwordFlags struct {
	stdin bool
	hash  string
}

func (p *passwordFlags) define(c *cobra.Command) {
	c.Flags().BoolVar(&p.stdin, "password-stdin", false, "read the password from the first line of standard input")
	c.Flags().StringVar(&p.hash, "password-hash", "",
		"take a `HASH` from another server instead, such as {ARGON2ID}…, {BLF-CRYPT}…, {SHA512-CRYPT}…, {SSHA512}… or a crypt string; - reads it from standard input")
	c.MarkFlagsMutuallyExclusive("password-stdin", "password-hash")
}

// read fills in the password or hash of in.
func (p *passwordFlags) read(c *cobra.Command, in *admin.Secret) (err error) {
	terminal, ok := terminalOf(c)
	switch {
	case p.hash == "-":
		in.Hash, err = firstLine(c.Context(), c.InOrStdin())
	case isCleartext(p.hash):
		return usageError{errors.New("a password in cleartext is not taken from the command line: use --password-hash -")}
	case p.hash != "":
		in.Hash = p.hash
	case p.stdin:
		in.Password, err = firstLine(c.Context(), c.InOrStdin())
	case !ok:
		return usageError{errors.New("standard input is no terminal: use --password-stdin")}
	default:
		in.Password, err = choose(c.Context(), terminal)
	}
	if err == nil && in.Password == "" && in.Hash == "" {
		return errors.New("no password is given")
	}
	return err
}

// isCleartext reports whether a hash is the password itself.
func isCleartext(hash string) bool {
	scheme, ok := strings.CutPrefix(hash, "{")
	scheme, _, _ = strings.Cut(scheme, "}")
	scheme, _, _ = strings.Cut(scheme, ".")
	return ok && slices.Contains([]string{"PLAIN", "CLEARTEXT", "CLEAR"}, strings.ToUpper(scheme))
}

// firstLine reads a line until ctx ends.
func firstLine(ctx context.Context, r io.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		const most = 4*auth.MaxPassword + 2
		line, err := bufio.NewReader(io.LimitReader(r, most)).ReadString('\n')
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", fmt.Errorf("standard input: %w", r.err)
		}
		return strings.TrimRight(r.line, "\r\n"), nil
	}
}

// choose asks for a new password twice, to be sure.
func choose(ctx context.Context, t terminal) (string, error) {
	first, err := t.secret(ctx, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := t.secret(ctx, "Password again: ")
	if err == nil && first != second {
		err = errors.New("the passwords differ")
	}
	return first, err
}
