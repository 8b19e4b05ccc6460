package pgkv

import (
	"context"
	"errors"
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

// patience begins with a call, or with the outage that it falls into: a command is
// many calls, and those that come when others have waited in vain are not to wait as
// long again, one after the other.
func (s *Store) patience() *patience {
	now := time.Now()
	end := now.Add(s.options.Patience)
	if since := s.outage.Load(); since != nil {
		end = since.Add(s.options.Patience)
		if least := now.Add(min(leastPatience, s.options.Patience)); end.Before(least) {
			end = least
		}
	}
	return &patience{end: end, next: firstWait}
}

// noteOutage notes whether the database could be reached.
func (s *Store) noteOutage(err error) {
	var connect *connectError
	var gone *lostError
	if errors.As(err, &connect) || errors.As(err, &gone) {
		if s.outage.Load() == nil {
			now := time.Now()
			s.outage.CompareAndSwap(nil, &now)
		}
	} else if s.outage.Load() != nil {
		s.outage.Store(nil)
	}
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
