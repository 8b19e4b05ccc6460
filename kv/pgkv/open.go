package pgkv

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Open opens a store and makes or migrates its tables. Errors are
// restante.ErrInvalid (Options.URL), restante.ErrNotFound (no store, with
// Options.Existing), kv.ErrNewerSchema and restante.ErrUnavailable (no database within
// Options.Patience).
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	orDefault(&o.Readers, 32)
	orDefault(&o.Writers, 16)
	orDefault(&o.Patience, 10*time.Second)
	orDefault(&o.AnswerTime, o.Patience/2)
	s := &Store{options: o, log: o.Logger, latencies: newLatencies(), cancel: func() {}}
	rand.Read(s.node[:]) // never fails
	s.turns.init()
	s.company = gathering[*companion]{few: fewGroups(), most: o.Writers, wait: groupWait, room: roomFor, do: s.sendAll}
	s.onlookers = gathering[*onlooker]{few: fewLooks, most: o.Readers, wait: lookWait, room: roomToLook, do: s.lookAll}
	s.mu.snapshots = make(map[*snapshot]struct{})
	s.mu.watches = make(map[*watch]struct{})
	var err error
	if s.readers, err = s.pool(o.Readers, nil); err != nil {
		return nil, err
	}
	if s.writers, err = s.pool(o.Writers, func(c *pgxpool.Config) {
		ofWriters(c, o.AnswerTime)
		c.ConnConfig.Tracer = tripTracer{trips: &s.count.roundTrips, pipelines: s.latencies.commit}
	}); err != nil {
		s.readers.Close()
		return nil, err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.news = newNews(o.Logger, s.tell)
	if err = s.migrate(ctx); err == nil {
		err = s.warnOfLoss(ctx)
	}
	if err != nil {
		err = fmt.Errorf("pgkv: open: %w", err)
	} else {
		bus := o.Bus
		if bus == nil {
			bus = &listenBus{options: o, publish: s.writers, log: o.Logger}
		}
		start, cancel := context.WithTimeout(ctx, o.Patience)
		defer cancel()
		if err = s.news.start(start, background, bus, "restante_"+s.id); err != nil && ctx.Err() == nil {
			err = fmt.Errorf("pgkv: open: what tells of other nodes' commits does not answer: %w", restante.ErrUnavailable)
		}
	}
	if err != nil {
		cancel()
		s.writers.Close()
		s.readers.Close()
		return nil, err
	}
	return s, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// pool makes a pool that connects when a connection is asked for. A change of how it
// does so may be nil.
func (s *Store) pool(size int, change func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(s.options.URL)
	if err != nil {
		return nil, fmt.Errorf("pgkv: %w: %w", err, restante.ErrInvalid)
	}
	c.MaxConns = int32(size)
	c.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error { return s.options.authorize(c) }
	c.AfterConnect = s.meet
	c.HealthCheckPeriod = 5 * time.Second
	c.MaxConnIdleTime = 5 * time.Minute
	// Asking a connection whether it is there would cost each call a round trip. One
	// that has broken is found out by its use, and the call is made again.
	c.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	c.ConnConfig.Tracer = tripTracer{trips: &s.count.roundTrips, queries: s.latencies.read, pipelines: s.latencies.read}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = 3 * time.Second
	}
	if c.ConnConfig.ValidateConnect == nil {
		// What a standby shows may be old, and after a failover the address may lead to one.
		c.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	c.ConnConfig.OnNotice = noteUnreplicated
	ofPlans(c)
	if change != nil {
		change(c)
	}
	p, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return nil, fmt.Errorf("pgkv: %w", err)
	}
	return p, nil
}

// authorize adds the password to what a connection is made by.
func (o Options) authorize(c *pgx.ConnConfig) error {
	if o.Password == nil {
		return nil
	}
	password, err := o.Password()
	if err != nil {
		return fmt.Errorf("%w: %w", errPassword, err)
	}
	c.Password = password
	return nil
}

// migrate makes the tables where they are missing. Nodes that start at once wait
// for one another.
func (s *Store) migrate(ctx context.Context) error {
	return s.try(ctx, s.writers, func(ctx context.Context, c *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, sqlLock, int64(lockKey)); err != nil {
				return err
			}
			var there bool
			if err := tx.QueryRow(ctx, sqlHasSchema).Scan(&there); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, sqlHasCitus).Scan(&s.sharded); err != nil {
				return err
			}
			if !there && s.options.Existing {
				return fmt.Errorf("there is no store in the database: %w", restante.ErrNotFound)
			}
			if !there {
				s.id = strings.ToLower(rand.Text())
				return create(ctx, tx, s.id, s.sharded)
			}
			var version int
			if err := tx.QueryRow(ctx, sqlSchema).Scan(&version, &s.id); err != nil {
				return err
			}
			if version > schemaVersion {
				return fmt.Errorf("schema %d: %w", version, kv.ErrNewerSchema)
			}
			if version < schemaVersion {
				return execAll(ctx, tx, upgrade)
			}
			return nil
		})
	})
}

// warnOfLoss tells of settings with which what was acknowledged can be lost.
func (s *Store) warnOfLoss(ctx context.Context) error {
	return s.try(ctx, s.writers, func(ctx context.Context, c *pgxpool.Conn) error {
		var commit, sync string
		if err := c.QueryRow(ctx, sqlDurability).Scan(&commit, &sync); err != nil {
			return err
		}
		if commit == "off" || sync == "off" {
			s.log.InfoContext(ctx, "the database is set up to lose commits in a crash", "synchronous_commit", commit, "fsync", sync)
		}
		return nil
	})
}

// create makes the tables, and distributes them where Citus is.
func create(ctx context.Context, tx pgx.Tx, id string, sharded bool) error {
	statements := schema
	if sharded {
		statements = append(statements[:len(statements):len(statements)], distribute...)
	}
	if err := execAll(ctx, tx, statements); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlSetSchema, schemaVersion, id)
	return err
}

func execAll(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, q := range statements {
		if _, err := tx.Exec(ctx, q); err != nil {
			return fmt.Errorf("make tables: %w", err)
		}
	}
	return nil
}
