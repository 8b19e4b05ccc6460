package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
	"github.com/restante/restante/kv"
	"github.com/spf13/cobra"
)

// withCaller runs f with the administration of the store that c names: of the
// server that has it open, or, if none runs, of the store opened here. create
// makes a store that is not there.
func withCaller(ctx context.Context, c config.Config, create bool, f func(admin.Caller) error) error {
	client := admin.Client{Socket: c.AdminSocket()}
	running, err := client.Running(ctx)
	if err != nil {
		return err
	}
	if running {
		return f(client)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	n, err := openNode(ctx, c, logger, create)
	if errors.Is(err, kv.ErrLocked) {
		// A server may have started meanwhile, or be about to listen.
		if running, _ := client.Running(ctx); running {
			return f(client)
		}
		return fmt.Errorf("%w, and it does not answer on %s", err, client.Socket)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(admin.Local{Operations: n.admin}), n.Close())
}

// do calls one operation of the administration.
func (f *flags) do(c *cobra.Command, op string, in any, event func(json.RawMessage) error, out any) error {
	conf, err := f.load()
	if err != nil {
		return err
	}
	return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
		return caller.Call(c.Context(), op, in, event, out)
	})
}

// withMail runs do with the mail of the user that --user names.
func (f *flags) withMail(c *cobra.Command, user string, do func(admin.Mail) error) error {
	if user == "" {
		return usageError{errors.New("--user is not given")}
	}
	conf, err := f.load()
	if err != nil {
		return err
	}
	return withCaller(c.Context(), conf, false, func(caller admin.Caller) error {
		return do(admin.Mail{Caller: caller, User: user})
	})
}
