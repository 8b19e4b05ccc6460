package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/cluster"
	"github.com/restante/restante/config"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/migrate"
)

// migration is what the flags of migrate say.
type migration struct {
	from, to string
	workers  int
	quick    bool
	blobs    bool // copy the large messages too
}

func newMigrate(f *flags) *cobra.Command {
	var m migration
	c := &cobra.Command{
		Use:   "migrate [--from STORE] --to STORE",
		Short: "Copy the whole store into another engine",
		Long: "Migrate copies a whole store, all users and all mail, into another one: from the embedded engine to " +
			"PostgreSQL, or back. UIDs, UIDVALIDITY, modification sequences and all ids stay what they are, so that no " +
			"client notices.\n\n" +
			"A STORE is a configuration file, \"pebble:DIR\" with a data directory, or the URL of a database, " +
			"\"postgresql://USER@HOST/DATABASE\", whose password is in PGPASSWORD or PGPASSFILE. Without --from it is the " +
			"configured one.\n\n" +
			"Stop all servers of the source first. The target has to be empty. A run that was stopped is gone on with by " +
			"the same command, and until it has come to its end no server uses the target. In the end every row is " +
			"read back and compared, and the target is checked as by \"restante check\". The source is not changed.\n\n" +
			"Large messages that [blobs] keeps elsewhere stay there, and both configurations have to name the same place. " +
			"With --blobs they are copied from the one's to the other's.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if m.to == "" {
				return usageError{errors.New("--to is not given")}
			}
			if m.workers < 1 {
				return usageError{errors.New("--workers is below 1")}
			}
			return m.run(c, f)
		},
	}
	c.Flags().StringVar(&m.from, "from", "", "`STORE` to copy; without it the configured one")
	c.Flags().StringVar(&m.to, "to", "", "`STORE` to copy it into")
	c.Flags().IntVar(&m.workers, "workers", 8, "copy `N` accounts at a time")
	c.Flags().BoolVar(&m.quick, "quick-check", false, "compare everything, but do not read every message once more for the check")
	c.Flags().BoolVar(&m.blobs, "blobs", false, "copy large messages from the source's [blobs] to the target's")
	return c
}

// storeConfig answers the configuration of the store that a flag names. What is no
// file says nothing of large messages: they are where other has them.
func storeConfig(flag, store string, other config.Config) (config.Config, error) {
	c, err := parseStore(flag, store)
	if err == nil && c.Blobs.Engine == config.BlobsNone && !isFile(store) {
		c.Blobs = other.Blobs
		c.Blobs.Directory, c.Blobs.CacheDirectory, c.Blobs.Spool = other.BlobsDir(), other.BlobCacheDir(), other.BlobSpoolDir()
	}
	return c, err
}

// isFile reports whether a flag names a configuration file.
func isFile(store string) bool {
	return !strings.HasPrefix(store, "pebble:") && !strings.HasPrefix(store, "postgresql://") && !strings.HasPrefix(store, "postgres://")
}

func parseStore(flag, store string) (config.Config, error) {
	if dir, ok := strings.CutPrefix(store, "pebble:"); ok {
		c := config.Default()
		c.Data = dir
		if dir == "" {
			return c, usageError{fmt.Errorf("%s: pebble: names no directory", flag)}
		}
		return c, nil
	}
	if !isFile(store) {
		c, err := config.Parse(flag, fmt.Appendf(nil, "[store]\nengine = 'postgresql'\npostgresql.url = %q\n", store))
		if err != nil {
			return c, usageError{err}
		}
		return c, nil
	}
	return config.Load(store)
}

func (m migration) run(c *cobra.Command, f *flags) error {
	ctx := c.Context()
	from, err := f.load()
	if m.from != "" {
		from, err = parseStore("--from", m.from)
	}
	if err != nil {
		return err
	}
	to, err := storeConfig("--to", m.to, from)
	if err != nil {
		return err
	}
	if m.from != "" && !isFile(m.from) && isFile(m.to) && !m.blobs {
		from.Blobs = to.Blobs
		from.Blobs.Directory = to.BlobsDir()
	}
	if err := m.checkBlobs(from, to); err != nil {
		return err
	}
	for _, store := range []config.Config{from, to} {
		client := admin.Client{Socket: store.AdminSocket()}
		if running, err := client.Running(ctx); err != nil {
			return err
		} else if running {
			return fmt.Errorf("a server answers on %s: stop it first", client.Socket)
		}
	}
	logger := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	source, _, err := openEngine(ctx, from, logger, false)
	if errors.Is(err, kv.ErrLocked) {
		err = fmt.Errorf("%w: stop the server first", err)
	}
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	target, failed, err := openEngine(ctx, to, logger, true)
	if err != nil {
		return errors.Join(fmt.Errorf("--to: %w", err), source.Close())
	}
	err = m.copy(c, source, target, failed, from, to, logger)
	return errors.Join(err, target.Close(), source.Close())
}

// copy copies between the open engines, and checks.
func (m migration) copy(c *cobra.Command, source, target kv.Store, failed <-chan error, from, to config.Config, logger *slog.Logger) error {
	importer, ok := target.(kv.Importer)
	if !ok {
		return errors.New("--to: the engine takes no copies")
	}
	ctx, cancel := context.WithCancelCause(c.Context())
	defer cancel(nil)
	go func() {
		select {
		case err := <-failed: // nil: never
			cancel(err)
		case <-ctx.Done():
		}
	}()
	name, err := storeName(source, from)
	if err != nil {
		return err
	}
	for flag, store := range map[string]kv.Store{"--from": source, "--to": target} {
		if nodes, err := cluster.Alive(ctx, store); err != nil {
			return err
		} else if len(nodes) > 0 {
			return fmt.Errorf("%s: servers run on the store (%s): stop all of them first", flag, strings.Join(nodes, ", "))
		}
	}
	out, clean := c.OutOrStdout(), true
	var show *migrateProgress
	run := migrate.New(migrate.Options{
		Source: source, Target: importer, From: name, Workers: m.workers, Logger: logger,
		Accept: func(ctx context.Context, target kv.Store) error {
			show.stop()
			fmt.Fprintln(out, "every row is equal; checking")
			if m.blobs {
				if err := copyBlobs(ctx, c, from, to, logger); err != nil {
					return err
				}
			}
			err := m.check(ctx, c, to, target, logger)
			clean = !errors.Is(err, errUnclean)
			if !clean {
				return nil // as it is in the source
			}
			return err
		},
	})
	show = startMigrateProgress(c.ErrOrStderr(), run.Progress, sizeOf(ctx, source))
	result, err := run.Run(ctx)
	show.stop()
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && cause != nil {
			err = cause
		}
		return advise(err)
	}
	tell(out, result, to)
	if !clean {
		return fmt.Errorf("what the check has found is in the source too: nothing was lost on the way; see restante check --repair")
	}
	return nil
}

// check runs restante check on the target.
func (m migration) check(ctx context.Context, c *cobra.Command, to config.Config, target kv.Store, logger *slog.Logger) error {
	n, err := buildNode(ctx, to, target, nil, logger)
	if err != nil {
		return err
	}
	defer func() { // the engine stays open
		n.store.Close()
		n.blobs.end()
	}()
	return runCheck(c, admin.Local{Operations: n.admin}, admin.Check{Quick: m.quick})
}

// advise adds to an error what can be done about it.
func advise(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped; the same command goes on")
	case errors.Is(err, migrate.ErrNotEmpty):
		return fmt.Errorf("--to: %w: name a new data directory or an empty database", err)
	case errors.Is(err, migrate.ErrChanging):
		return fmt.Errorf("%w: stop all its servers and run the same command again, which goes on", err)
	case errors.Is(err, migrate.ErrDamaged):
		return fmt.Errorf("%w; the rest is copied. Repair the source (restante check --repair) and run the same command again", err)
	}
	return fmt.Errorf("%w; the same command goes on", err)
}

// tell says what has come out.
func tell(out io.Writer, r migrate.Result, to config.Config) {
	fmt.Fprintf(out, "copied and compared: %s, %s, %s\n", counted(int(r.Partitions), "partition"), counted(int(r.Rows), "row"), size(r.Bytes))
	if r.Mended > 0 {
		fmt.Fprintf(out, "%s differed from an earlier run's copy and were mended\n", counted(int(r.Mended), "partition"))
	}
	if to.Store.Engine == config.EnginePostgreSQL {
		fmt.Fprintln(out, "Now let the configuration say store.engine = \"postgresql\" with this URL, start the server, and put the old store away.")
		return
	}
	fmt.Fprintf(out, "Now let the configuration say store.engine = \"pebble\" and data = %q, start the server, and put the old store away.\n", to.Data)
}

// storeName names a store as long as it stays where it is.
func storeName(engine kv.Store, c config.Config) (string, error) {
	if e, ok := engine.(interface{ ID() string }); ok {
		return c.Store.Engine + " store " + e.ID(), nil
	}
	dir, err := filepath.Abs(c.StoreDir())
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", err
	}
	return c.Store.Engine + " store " + dir, nil
}

// sizeOf answers about how many bytes an engine holds, 0 if it cannot tell.
func sizeOf(ctx context.Context, engine kv.Store) int64 {
	if e, ok := engine.(interface {
		Size(context.Context) (int64, error)
	}); ok {
		if n, err := e.Size(ctx); err == nil {
			return n
		}
	}
	return 0
}
