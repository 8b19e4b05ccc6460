package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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
		in.Hash, err = firstLine(c.InOrStdin())
	case p.hash != "":
		in.Hash = p.hash
	case p.stdin:
		in.Password, err = firstLine(c.InOrStdin())
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

func firstLine(r io.Reader) (string, error) {
	const most = 4*auth.MaxPassword + 2
	line, err := bufio.NewReader(io.LimitReader(r, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
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
