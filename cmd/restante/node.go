package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// node is an open store with what stands on it. Only one process has it.
type node struct {
	kv        kv.Store
	store     *mailstore.Store
	directory *directory.Directory
	namespace *namespace.Namespace
	admin     admin.Operations
	failed    chan error // receives the error after which nothing can be written any more
}

// openNode opens the store that c names, making it if create is set.
func openNode(ctx context.Context, c config.Config, logger *slog.Logger, create bool) (*node, error) {
	if create {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	} else if _, err := os.Stat(c.StoreDir()); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store in %s", c.Data)
	}
	if err := checkOwner(c.StoreDir()); err != nil {
		return nil, err
	}
	failed := make(chan error, 1)
	engine, err := pebblekv.Open(pebblekv.Options{
		Dir: c.StoreDir(), Logger: logger, CacheBytes: int64(c.Store.Cache),
		MemTableBytes: int(c.Store.MemTable), SyncAll: c.Store.SyncAll, Reserve: reserve(c),
		Failed: func(err error) { failed <- err },
	})
	if err != nil {
		return nil, err
	}
	n := &node{kv: engine, failed: failed}
	options := c.Mailstore()
	options.KV, options.Logger = engine, logger
	if n.store, err = mailstore.Open(ctx, options); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	dir := c.Directory()
	dir.Logger = logger
	if n.directory, err = directory.Open(engine, n.store, dir); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.namespace = namespace.New(namespace.Options{Store: n.store, Directory: n.directory, Logger: logger})
	n.admin = admin.New(admin.Options{Store: n.store, Directory: n.directory, Namespace: n.namespace, Params: c.PasswordParams(), Logger: logger})
	return n, nil
}

// reserve says 0, which the engine takes for its default, in its way.
func reserve(c config.Config) int64 {
	if c.Store.Reserve == 0 {
		return -1
	}
	return int64(c.Store.Reserve)
}

// Close closes the store; what was acknowledged is on disk afterwards.
func (n *node) Close() error {
	return errors.Join(n.store.Close(), n.kv.Close())
}
