package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
)

// GuardOptions bound what is asked of a store. A zero field has the value that its
// comment gives.
type GuardOptions struct {
	// Attempts is how often a request is made at most; 5. While the store does not
	// answer at all, each is made once.
	Attempts int
	// FirstWait is the time before the second attempt, which doubles with each; 100 ms.
	FirstWait time.Duration
	// Patience is after how long no other attempt is begun; 20 s.
	Patience time.Duration
	// Timeout bounds one attempt of ReadAt and Delete, and of Put for each 4 MiB; 15 s.
	Timeout time.Duration
	// Concurrent is how many requests are under way at a time; those beyond wait; 64.
	Concurrent int
}

func (o GuardOptions) withDefaults() GuardOptions {
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.FirstWait <= 0 {
		o.FirstWait = 100 * time.Millisecond
	}
	if o.Patience <= 0 {
		o.Patience = 20 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Concurrent <= 0 {
		o.Concurrent = 64
	}
	return o
}

// timeoutBytes is how much of a Put gets one Timeout.
const timeoutBytes = 4 << 20

// maxWait is the most that is waited between two attempts.
const maxWait = 5 * time.Second

// downAfter is after how many failures in a row a store is taken to be down.
const downAfter = 3

// Guarded is a store that tries again what fails, gives each attempt a time, bounds how
// many there are, and counts them.
type Guarded struct {
	store    Store
	o        GuardOptions
	slots    chan struct{}
	failures atomic.Int32 // in a row, of all requests
	stats    struct{ put, read, remove, list counts }
}

var _ Store = (*Guarded)(nil)

// Guard answers a guarded store. Closing it closes the store.
func Guard(s Store, o GuardOptions) *Guarded {
	o = o.withDefaults()
	return &Guarded{store: s, o: o, slots: make(chan struct{}, o.Concurrent)}
}

// final reports whether another attempt would be of no use.
func final(err error) bool {
	return errors.Is(err, restante.ErrNotFound) || errors.Is(err, restante.ErrNoSpace) || errors.Is(err, restante.ErrInvalid)
}

// do makes a request until it succeeds or is given up. f answers how many octets it
// moved.
func (g *Guarded) do(ctx context.Context, c *counts, timeout time.Duration, f func(context.Context) (int64, error)) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.slots }()
	begun := c.begin()
	err := g.attempts(ctx, c, timeout, f)
	c.end(begun, err)
	return err
}

// attempts calls f, which answers how many octets it moved, until it succeeds or fails for
// good, the attempts are used up, or nothing has answered for long.
func (g *Guarded) attempts(ctx context.Context, c *counts, timeout time.Duration, f func(context.Context) (int64, error)) error {
	last := time.Now().Add(g.o.Patience)
	for attempt := 1; ; attempt++ {
		one, cancel := context.WithTimeout(ctx, timeout)
		n, err := f(one)
		cancel()
		c.bytes.Add(uint64(n))
		switch {
		case ctx.Err() != nil:
			if err == nil {
				return nil
			}
			return ctx.Err()
		case err == nil, final(err):
			g.failures.Store(0)
			return err
		}
		down := g.failures.Add(1) > downAfter*int32(g.o.Attempts)
		if attempt >= g.o.Attempts || down || time.Now().After(last) {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				err = fmt.Errorf("blob: no answer within %v: %w", timeout, restante.ErrUnavailable)
			}
			return err
		}
		c.retries.Add(1)
		if err := g.wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// wait waits before another attempt, a random part of a time that doubles.
func (g *Guarded) wait(ctx context.Context, attempt int) error {
	d := min(g.o.FirstWait<<min(attempt-1, 20), maxWait)
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Put implements Store.
func (g *Guarded) Put(ctx context.Context, name Name, body io.ReaderAt, size int64) error {
	timeout := g.o.Timeout * time.Duration(1+size/timeoutBytes)
	return g.do(ctx, &g.stats.put, timeout, func(ctx context.Context) (int64, error) {
		if err := g.store.Put(ctx, name, body, size); err != nil {
			return 0, err
		}
		return size, nil
	})
}

// ReadAt implements Store.
func (g *Guarded) ReadAt(ctx context.Context, name Name, p []byte, off int64) (n int, err error) {
	var ended error
	err = g.do(ctx, &g.stats.read, g.o.Timeout, func(ctx context.Context) (int64, error) {
		n, ended = g.store.ReadAt(ctx, name, p, off)
		if errors.Is(ended, io.EOF) {
			return int64(n), nil
		}
		err := ended
		ended = nil
		return int64(n), err
	})
	if err == nil {
		err = ended
	}
	return n, err
}

// Delete implements Store.
func (g *Guarded) Delete(ctx context.Context, names []Name) error {
	return g.do(ctx, &g.stats.remove, g.o.Timeout, func(ctx context.Context) (int64, error) {
		return 0, g.store.Delete(ctx, names)
	})
}

// List implements Store. A listing that fails goes on behind what it has told; the time
// of an attempt is not bounded but by ctx, for f may take any.
func (g *Guarded) List(ctx context.Context, from Name, f func(Object) error) error {
	begun := g.stats.list.begin()
	var err error
	for attempt := 1; ; attempt++ {
		own := false
		err = g.store.List(ctx, from, func(o Object) error {
			e := f(o)
			own, from = e != nil, o.Name.next()
			return e
		})
		if err == nil || own || ctx.Err() != nil || final(err) || attempt >= g.o.Attempts {
			break
		}
		g.stats.list.retries.Add(1)
		if err = g.wait(ctx, attempt); err != nil {
			break
		}
	}
	g.stats.list.end(begun, err)
	return err
}

// Close implements Store.
func (g *Guarded) Close() error { return g.store.Close() }

// next is the lowest name above n.
func (n Name) next() Name {
	if n.Token++; n.Token == 0 {
		if n.Email++; n.Email == 0 {
			n.Account++
		}
	}
	return n
}
