package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/cluster"
	"github.com/restante/restante/config"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/migrate"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// node is an open store with what stands on it.
type node struct {
	kv        kv.Store
	blobs     *blobs // nil: all messages are in kv
	store     *mailstore.Store
	directory *directory.Directory
	namespace *namespace.Namespace
	admin     admin.Operations
	nodes     atomic.Pointer[cluster.Cluster] // nil while this node has not joined the others
	failed    <-chan error                    // receives the error after which nothing can be written any more
}

// openNode opens the store that c names, making it if create is set.
func openNode(ctx context.Context, c config.Config, logger *slog.Logger, create bool) (*node, error) {
	engine, failed, err := openEngine(ctx, c, logger, create)
	if err != nil {
		return nil, err
	}
	err = migrate.Unfinished(ctx, engine)
	var n *node
	if err == nil {
		n, err = buildNode(ctx, c, engine, failed, logger)
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return n, nil
}

// buildNode puts on an open engine what stands on it.
func buildNode(ctx context.Context, c config.Config, engine kv.Store, failed <-chan error, logger *slog.Logger) (*node, error) {
	n := &node{kv: engine, failed: failed}
	options := c.Mailstore()
	options.KV, options.Logger = engine, logger
	options.Alone = func() bool {
		nodes := n.nodes.Load()
		return nodes != nil && nodes.Count() == 1
	}
	var err error
	if n.blobs, err = openBlobs(ctx, c, logger); err != nil {
		return nil, err
	}
	if n.blobs != nil {
		options.Blobs = n.blobs
	}
	if n.store, err = mailstore.Open(ctx, options); err != nil {
		return nil, errors.Join(err, n.blobs.end())
	}
	dir := c.Directory()
	dir.Logger = logger
	if n.directory, err = directory.Open(engine, n.store, dir); err != nil {
		return nil, errors.Join(err, n.store.Close(), n.blobs.end())
	}
	n.namespace = namespace.New(namespace.Options{Store: n.store, Directory: n.directory, Logger: logger})
	n.admin = admin.New(admin.Options{Store: n.store, Directory: n.directory, Namespace: n.namespace, Params: c.PasswordParams(), Logger: logger})
	return n, nil
}

// Close closes the store; what was acknowledged is on disk afterwards.
func (n *node) Close() error {
	return errors.Join(n.store.Close(), n.blobs.end(), n.kv.Close())
}
