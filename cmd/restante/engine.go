package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/restante/restante"
	"github.com/restante/restante/config"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/natsbus"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/kv/pgkv"
)

// openEngine opens the store that c names, making it if create is set. failed
// receives the error after which an engine can write nothing any more, if it has such.
func openEngine(ctx context.Context, c config.Config, logger *slog.Logger, create bool) (engine kv.Store, failed <-chan error, err error) {
	if create {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, nil, fmt.Errorf("data directory: %w", err)
		}
	}
	if c.Store.Engine == config.EnginePostgreSQL {
		engine, err := openPostgreSQL(ctx, c.Store.PostgreSQL, logger, create)
		return engine, nil, err
	}
	return openPebble(c, logger, create)
}

func openPebble(c config.Config, logger *slog.Logger, create bool) (kv.Store, <-chan error, error) {
	if _, err := os.Stat(c.StoreDir()); !create && errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no store in %s", c.Data)
	}
	if err := checkOwner(c.StoreDir()); err != nil {
		return nil, nil, err
	}
	failed := make(chan error, 1)
	engine, err := pebblekv.Open(pebblekv.Options{
		Dir: c.StoreDir(), Logger: logger, CacheBytes: int64(c.Store.Cache),
		MemTableBytes: int(c.Store.MemTable), SyncAll: c.Store.SyncAll, Reserve: reserve(c),
		Failed: func(err error) { failed <- err },
	})
	if err != nil {
		return nil, nil, err
	}
	return engine, failed, nil
}

// reserve says 0, which the engine takes for its default, in its way.
func reserve(c config.Config) int64 {
	if c.Store.Reserve == 0 {
		return -1
	}
	return int64(c.Store.Reserve)
}

func openPostgreSQL(ctx context.Context, p config.PostgreSQL, logger *slog.Logger, create bool) (kv.Store, error) {
	o := pgkv.Options{
		URL: p.URL, Logger: logger, Readers: p.Readers, Writers: p.Writers, Patience: p.Wait.Duration, Existing: !create,
	}
	if p.PasswordFile != "" {
		o.Password = func() (string, error) {
			password, _, err := p.Password()
			return password, err
		}
	}
	if p.Bus == "nats" {
		n := p.NATS
		o.Bus = natsbus.New(natsbus.Options{
			URL: n.URL, User: n.User, Credentials: n.Credentials, CA: n.CA, Logger: logger,
			Password: func() (string, error) {
				password, _, err := n.Password()
				return password, err
			},
		})
	}
	engine, err := pgkv.Open(ctx, o)
	switch {
	case errors.Is(err, restante.ErrInvalid):
		return nil, fmt.Errorf("store.postgresql.url: %w", err)
	case err != nil: // not a nil *pgkv.Store, which is not nil
		return nil, err
	}
	return engine, nil
}
