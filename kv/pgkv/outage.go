package pgkv

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// outage is since when the database does not answer what is asked of one kind. Reads and
// commits have one each, because the one may work without the other: with its standby
// away a primary is read as ever, while no commit is answered.
type outage struct{ since atomic.Pointer[time.Time] }

// outage answers that of what a pool serves.
func (s *Store) outage(pool *pgxpool.Pool) *outage {
	if pool == s.writers {
		return &s.outages.write
	}
	return &s.outages.read
}

// patience begins with a call, or with the outage that it falls into: a command is
// many calls, and those that come when others have waited in vain are not to wait as
// long again, one after the other.
func (o *outage) patience(whole time.Duration) *patience {
	now := time.Now()
	end := now.Add(whole)
	if since := o.since.Load(); since != nil {
		end = since.Add(whole)
		if least := now.Add(min(leastPatience, whole)); end.Before(least) {
			end = least
		}
	}
	return &patience{end: end, next: firstWait}
}

// note notes how a call has ended: one that found no connection or lost it begins the
// outage, one that succeeded ends it. A refusal tells nothing: a conflict is answered
// before the standby is waited for.
func (o *outage) note(err error) {
	var connect *connectError
	var gone *lostError
	switch {
	case err == nil:
		if o.since.Load() != nil {
			o.since.Store(nil)
		}
	case errors.As(err, &connect) || errors.As(err, &gone):
		now := time.Now()
		o.since.CompareAndSwap(nil, &now)
	}
}
