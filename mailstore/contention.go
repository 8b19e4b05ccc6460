package mailstore

import (
	"context"
	"math/rand/v2"
	"time"
)

// A change that another node was ahead of is computed again on what that has made of the
// account, at least maxAttempts times and for maxContention. From patientAttempts on it
// waits a little in between, by chance, so that nodes do not go on in step.
const (
	maxAttempts     = 64
	maxContention   = 10 * time.Second
	patientAttempts = 4
	maxBackoff      = 2 * time.Millisecond
)

// A node that changes an account without a break goes on from its own last commit, while
// others have to read the account before they can: it would be first for ever. So it makes
// a break after maxRun, as long as breakCommits of its commits take, in which another node
// can read and commit. Then that is the one which is first.
const (
	maxRun       = 100 * time.Millisecond
	breakCommits = 4
	minBreak     = 2 * time.Millisecond
	maxBreak     = 50 * time.Millisecond
)

// run is a row of changes of an account without a break.
type run struct {
	began time.Time
	ended time.Time     // when the last commit was there
	took  time.Duration // how long it took
}

// note takes a commit.
func (r *run) note(sent, ended time.Time) { r.ended, r.took = ended, ended.Sub(sent) }

// due answers how long a break is due at now, before a change; 0: none.
func (r *run) due(now time.Time) time.Duration {
	pause := min(max(breakCommits*r.took, minBreak), maxBreak)
	switch {
	case now.Sub(r.ended) >= pause:
		r.began = now
	case now.Sub(r.began) >= maxRun:
		r.began = now.Add(pause)
		return pause
	}
	return 0
}

// letOthersLocked makes the break that is due. It answers the error of ctx, if that has
// ended.
func (a *Account) letOthersLocked(ctx context.Context) error {
	if !a.store.single && !a.store.options.Alone() {
		if pause := a.writer.run.due(time.Now()); pause > 0 {
			return sleep(ctx, pause)
		}
	}
	return ctx.Err()
}

// backoff waits before another attempt.
func (a *Account) backoff(ctx context.Context, attempt int) error {
	if attempt < patientAttempts {
		return nil
	}
	return sleep(ctx, rand.N(min(maxBackoff, time.Duration(attempt)*time.Millisecond)))
}

// sleep sleeps, or answers the error of ctx if that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
