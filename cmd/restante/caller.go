package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
	"github.com/restante/restante/kv"
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
