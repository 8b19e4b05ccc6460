package pgkv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/restante/restante"
)

// Waits between attempts: the first and the longest.
const (
	firstWait = 5 * time.Millisecond
	longWait  = 500 * time.Millisecond
)

// leastPatience is how long a call tries when the database has been away for longer
// than Options.Patience.
const leastPatience = time.Second

// patience bounds the attempts of one call.
type patience struct {
	end  time.Time
	next time.Duration
}

// wait waits before another attempt, by chance a little more or less, so that
// callers do not go on in step. It answers the context's error or, once patience
// has ended, one of kind restante.ErrUnavailable.
func (p *patience) wait(ctx context.Context) error {
	d := p.next/2 + rand.N(p.next)
	p.next = min(2*p.next, longWait)
	if time.Now().Add(d).After(p.end) {
		return fmt.Errorf("the database does not answer: %w", restante.ErrUnavailable)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
