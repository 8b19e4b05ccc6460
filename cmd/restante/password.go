package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

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
	file, isFile := c.InOrStdin().(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd()))
	switch {
	case p.hash == "-":
		in.Hash, err = firstLine(c.InOrStdin())
	case p.hash != "":
		in.Hash = p.hash
	case p.stdin:
		in.Password, err = firstLine(c.InOrStdin())
	case !terminal:
		return usageError{errors.New("standard input is no terminal: use --password-stdin")}
	default:
		in.Password, err = prompt(file, c.ErrOrStderr())
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

// prompt asks twice, to be sure, without showing what is typed.
func prompt(in *os.File, out io.Writer) (string, error) {
	ask := func(label string) (string, error) {
		fmt.Fprint(out, label)
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(out)
		return string(b), err
	}
	first, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	second, err := ask("Password again: ")
	if err == nil && first != second {
		err = errors.New("the passwords differ")
	}
	return first, err
}
