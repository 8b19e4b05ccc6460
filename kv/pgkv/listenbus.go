package pgkv

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// listenBus is PostgreSQL's LISTEN and NOTIFY: it listens on a connection of its
// own, and tells on any.
type listenBus struct {
	options Options
	publish *pgxpool.Pool
	log     *slog.Logger
}

// Publish implements Bus.
func (b *listenBus) Publish(ctx context.Context, subject, message string) error {
	_, err := b.publish.Exec(ctx, sqlNotify, subject, message)
	return err
}

// Listen implements Bus.
func (b *listenBus) Listen(ctx context.Context, subject string, heard func(string), missed, ready func()) {
	wait := firstWait
	for ctx.Err() == nil {
		began := time.Now()
		err := b.listen(ctx, subject, heard, missed, ready)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longWait {
			wait = firstWait
		}
		b.log.Warn("not hearing other nodes, connecting again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			wait = min(2*wait, longWait)
		}
	}
}

// listen hears messages over one connection, until it breaks.
func (b *listenBus) listen(ctx context.Context, subject string, heard func(string), missed, ready func()) error {
	config, err := pgx.ParseConfig(b.options.URL)
	if err != nil {
		return err
	}
	if err := b.options.authorize(config); err != nil {
		return err
	}
	// A connection whose other end is gone is noticed by the node's own messages,
	// which it has to hear too.
	connect, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	c, err := pgx.ConnectConfig(connect, config)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(connect, "LISTEN "+pgx.Identifier{subject}.Sanitize()); err != nil {
		return err
	}
	ready()
	missed()
	for {
		next, cancel := context.WithTimeout(ctx, silence)
		n, err := c.WaitForNotification(next)
		cancel()
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
