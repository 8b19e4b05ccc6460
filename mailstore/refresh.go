package mailstore

import (
	"context"
	"time"

	"github.com/restante/restante/kv"
)

// Moment is a point in time of this process.
type Moment int64

// Moment answers the present one.
func (s *Store) Moment() Moment { return Moment(time.Since(s.begun)) + 1 }

// Refresh makes sure that State is not older than this moment. It costs
// nothing on an engine with a single writer, a look at the version on others.
func (a *Account) Refresh(ctx context.Context) error { return a.RefreshSince(ctx, a.store.Moment()) }

// RefreshSince makes sure that State is not older than a moment that has been. It
// costs nothing if the engine was looked at since, by whomever: what a command
// answers has to be true at some time between its beginning and its end, so that one
// look a command is enough, and a commit is one too.
func (a *Account) RefreshSince(ctx context.Context, m Moment) error {
	if a.removed.Load() {
		return notFound("account", uint64(a.id))
	}
	if a.UpToDate(m) {
		return nil
	}
	version, now, err := a.versionNow(ctx)
	if err != nil {
		return err
	}
	if a.current(version, now) {
		return nil
	}
	a.writer.Lock()
	defer a.unlock()
	if a.current(version, now) {
		return nil
	}
	return a.reloadLocked(ctx)
}

// UpToDate reports whether State is known to be no older than a moment that has been, so
// that RefreshSince costs nothing.
func (a *Account) UpToDate(m Moment) bool {
	return a.known() && (a.store.single || Moment(a.checked.Load()) >= m)
}

// known reports whether State is what the engine has if their versions are equal.
func (a *Account) known() bool { return !a.stale.Load() && !a.doubted.Load() }

// Since answers the account for changes that are part of something that was asked for
// at a moment that has been: what was looked at since need not be looked at again to
// find that a change is refused, or that there is nothing to change. It is the same use
// of the account, so that it is released once.
func (a *Account) Since(m Moment) *Account {
	return &Account{accountCore: a.accountCore, viewer: a.viewer, step: a.step, since: m, durably: a.durably}
}

// current reports whether State is as the engine was at a moment, when its version
// was this.
func (a *Account) current(version kv.Version, m Moment) bool {
	s := a.state.Load()
	if s == nil || s.version < version || !a.known() {
		return false
	}
	a.upToDate(m)
	return true
}

// upToDate notes that State is no older than m.
func (a *Account) upToDate(m Moment) {
	for {
		old := a.checked.Load()
		if old >= int64(m) || a.checked.CompareAndSwap(old, int64(m)) {
			return
		}
	}
}

// catchUpLocked reads the account again if the engine has moved on since State was
// read, and reports whether it had. State is then no older than since.
func (a *Account) catchUpLocked(ctx context.Context, since Moment) (behind bool, err error) {
	if a.UpToDate(since) {
		return false, nil
	}
	version, now, err := a.versionNow(ctx)
	if err != nil {
		return false, err
	}
	if a.current(version, now) {
		return false, nil
	}
	return true, a.reloadLocked(ctx)
}
