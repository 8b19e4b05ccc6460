package main

import (
	"os"

	"github.com/spf13/cobra"
)

func newServe(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server in the foreground",
		Long: "Serve takes mail over LMTP and serves it over IMAP until SIGTERM or SIGINT, upon which running " +
			"commands end; a second one stops at once. SIGHUP reads the configuration and the certificates again. " +
			"Logs go to standard error.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			s, err := newService(c.Context(), conf, serviceOptions{logs: os.Stderr, reload: f.load})
			if err != nil {
				return err
			}
			return s.run(c.Context())
		},
	}
}
