package main

import "github.com/spf13/cobra"

func newConfig(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration, with a comment for each key",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			return conf.Write(c.OutOrStdout())
		},
	}
}
