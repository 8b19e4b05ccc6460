// Package natsbus tells the nodes of a store of each other's commits over NATS
// (core subjects, nothing is kept), where so many nodes share a store that the
// database's own notifications would be a bottleneck.
//
// NATS hands a message to whoever is connected at the moment. What is lost while a
// connection is being made again is not found by NATS but by the numbers that
// nodes give their messages; the bus itself tells only that it was away.
package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/restante/restante"
)

// Options say how to reach NATS. Only URL is required.
type Options struct {
	// URL names the servers, nats:// or tls://, with commas between.
	URL string
	// User is who logs in, with Password; empty: nobody.
	User string
	// Password gives the password for each new connection.
	Password func() (string, error)
	// Credentials is a file as NATS' own tools make it; empty: none.
	Credentials string
	// CA is a file with the certificates of authorities, in PEM; empty: the system's.
	CA string
	// Logger is told of connections that break. Nil discards.
	Logger *slog.Logger
	// ConnectTime bounds the making of a connection to one server. 0 is 3 seconds.
	ConnectTime time.Duration
	// PingTime is how often a connection is tried; one that has not answered
	// twice is taken for broken. 0 is 2 seconds.
	PingTime time.Duration
}

// Bus is a connection to NATS, which is made again as long as somebody listens.
// It implements pgkv.Bus.
type Bus struct {
	options Options
	mu      struct {
		sync.Mutex
		conn *nats.Conn // nil while there is none
	}
}

// Waits between attempts to connect.
const (
	firstWait = 50 * time.Millisecond
	longWait  = 2 * time.Second
)

// ErrAway is what Publish answers while there is no connection.
var ErrAway = fmt.Errorf("natsbus: not connected: %w", restante.ErrUnavailable)

// New makes a bus; Listen connects it.
func New(o Options) *Bus {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.ConnectTime == 0 {
		o.ConnectTime = 3 * time.Second
	}
	if o.PingTime == 0 {
		o.PingTime = 2 * time.Second
	}
	return &Bus{options: o}
}

// Publish sends a message to all who listen to a subject. A server has it when
// Publish returns nil.
func (b *Bus) Publish(ctx context.Context, subject, message string) error {
	b.mu.Lock()
	c := b.mu.conn
	b.mu.Unlock()
	if c == nil {
		return ErrAway
	}
	if err := c.Publish(subject, []byte(message)); err != nil {
		return fmt.Errorf("natsbus: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, b.options.ConnectTime)
	defer cancel()
	if err := c.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("natsbus: %w", err)
	}
	return nil
}

// Listen calls heard with every message of a subject, in order, and missed when
// some may have been lost, until ctx ends. ready is called when messages are heard
// for the first time. Only one Listen is there at a time.
func (b *Bus) Listen(ctx context.Context, subject string, heard func(string), missed, ready func()) {
	wait := firstWait
	for ctx.Err() == nil {
		heardAny, err := b.listen(ctx, subject, heard, missed, ready)
		if ctx.Err() != nil {
			return
		}
		if heardAny {
			wait = firstWait
		}
		b.options.Logger.Warn("not hearing other nodes, connecting again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			wait = min(2*wait, longWait)
		}
	}
}

// listen hears messages over one connection, until it breaks. connected tells
// that it was there.
func (b *Bus) listen(ctx context.Context, subject string, heard func(string), missed, ready func()) (connected bool, err error) {
	broken := make(chan error, 1)
	fail := func(err error) {
		select {
		case broken <- err:
		default:
		}
	}
	o, err := b.natsOptions(fail)
	if err != nil {
		return false, err
	}
	c, err := nats.Connect(b.options.URL, o...)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if _, err := c.Subscribe(subject, func(m *nats.Msg) { heard(string(m.Data)) }); err != nil {
		return false, err
	}
	// The server has taken the subscription when it has answered what came after.
	flush, cancel := context.WithTimeout(ctx, b.options.ConnectTime)
	defer cancel()
	if err := c.FlushWithContext(flush); err != nil {
		return false, err
	}
	b.set(c)
	defer b.set(nil)
	ready()
	missed()
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case err := <-broken:
		return true, err
	}
}

func (b *Bus) set(c *nats.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.conn = c
}

// natsOptions are those of one connection. Whatever goes wrong on it, messages
// dropped because they were not taken fast enough too, ends it by fail, so that
// there is one way to begin anew.
func (b *Bus) natsOptions(fail func(error)) ([]nats.Option, error) {
	o := []nats.Option{
		nats.Name("restante"), nats.NoReconnect(), nats.Timeout(b.options.ConnectTime),
		nats.PingInterval(b.options.PingTime), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { fail(err) }),
		nats.ClosedHandler(func(c *nats.Conn) { fail(errors.Join(errClosed, c.LastError())) }),
	}
	if b.options.User != "" {
		var password string
		if b.options.Password != nil {
			var err error
			if password, err = b.options.Password(); err != nil {
				return nil, err
			}
		}
		o = append(o, nats.UserInfo(b.options.User, password))
	}
	if b.options.Credentials != "" {
		o = append(o, nats.UserCredentials(b.options.Credentials))
	}
	if b.options.CA != "" {
		o = append(o, nats.RootCAs(b.options.CA))
	}
	return o, nil
}

var errClosed = errors.New("connection closed")
