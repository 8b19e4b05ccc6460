package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/restante/restante"
	"github.com/restante/restante/config"
	"github.com/restante/restante/directory"
)

// demoUser is who starts with a sample mailbox.
const demoUser = "alice"

func newDemo(f *flags) *cobra.Command {
	var imap, imaps, lmtp, password string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a server on this machine to try things out",
		Long: "Demo runs a server on loopback with a throw-away store, or the one in --data. Any user name logs in " +
			"with the demo password and gets an account of its own; the user alice has a sample mailbox.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.config != "" {
				return usageError{errors.New("demo takes no --config: use serve")}
			}
			if password == "" {
				return usageError{errors.New("the demo password is empty")}
			}
			conf := demoConfig(imap, imaps, lmtp)
			conf.Data = f.data
			return runDemo(c.Context(), c.OutOrStdout(), conf, password)
		},
	}
	c.Flags().StringVar(&imap, "imap", "127.0.0.1:1143", "`ADDRESS` for IMAP")
	c.Flags().StringVar(&imaps, "imaps", "127.0.0.1:1993", "`ADDRESS` for IMAP over TLS")
	c.Flags().StringVar(&lmtp, "lmtp", "127.0.0.1:1024", "`ADDRESS` for LMTP")
	c.Flags().StringVar(&password, "password", "demo", "demo `PASSWORD`")
	return c
}

func demoConfig(imap, imaps, lmtp string) config.Config {
	c := config.Default()
	c.Log.Level = "error"
	c.IMAP.Listen, c.IMAP.ListenTLS, c.LMTP.Listen = []string{imap}, []string{imaps}, []string{lmtp}
	c.Auth.LocalDomains = []string{"localhost", "example.com"}
	return c
}

func runDemo(ctx context.Context, out io.Writer, c config.Config, password string) (err error) {
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "restante-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Data)) }()
	}
	s, err := newService(ctx, c, serviceOptions{
		logs: os.Stderr, demoPassword: password,
		ready: func(s *service, addresses map[string][]string) { greet(out, c.Data, password, addresses) },
	})
	if err != nil {
		return err
	}
	if err := s.addSample(ctx); err != nil {
		return errors.Join(err, s.stop(ctx))
	}
	err = s.run(ctx)
	fmt.Fprintln(out, "stopped")
	return err
}

// addSample gives the demonstration's user an account with mail.
func (s *service) addSample(ctx context.Context) error {
	u, err := s.node.directory.Lookup(ctx, demoUser)
	if errors.Is(err, restante.ErrNotFound) {
		u, err = s.node.directory.Add(ctx, demoUser, directory.Credentials{})
	}
	if err != nil {
		return err
	}
	return fillSample(ctx, s.node.store, u.Account)
}

// greet says how to connect.
func greet(w io.Writer, data, password string, addresses map[string][]string) {
	host, port := "127.0.0.1", ""
	for _, a := range addresses["imaps"] {
		host, port, _ = net.SplitHostPort(a)
	}
	fmt.Fprintf(w, `Restante demonstration, store in %s

  IMAP   %s  (STARTTLS, or plain from this machine)
  IMAPS  %s  (certificate made on the spot)
  LMTP   %s

Any user name, password %q; %s has mail already, and mail can be delivered to
%s@localhost. For example:

  openssl s_client -quiet -crlf -connect %s
  a login %s %s
  b select INBOX
  c fetch 1:* (flags envelope)

  curl -k --user %s imaps://%s/

In a mail client: server %s, port %s, SSL/TLS, user %s, password %s.
Ctrl-C stops.
`, data, list(addresses["imap"]), list(addresses["imaps"]), list(addresses["lmtp"]),
		password, demoUser, demoUser, list(addresses["imaps"]), demoUser, imapWord(password),
		shellWord(demoUser+":"+password), list(addresses["imaps"]), host, port, demoUser, password)
}

// imapWord is a string as it is typed in a command of IMAP.
func imapWord(s string) string {
	if isPlain(s) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// shellWord is a string as it is typed in a shell.
func shellWord(s string) string {
	if isPlain(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// isPlain reports whether a string means nothing but itself.
func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("-_.:@", r) && (r > 'z' || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})
}

func list(addresses []string) string {
	if len(addresses) == 0 {
		return "off"
	}
	return addresses[0]
}
