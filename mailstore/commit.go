package mailstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// update makes one change: f computes it in a txn from the current state,
// which is then committed. If another node was first, the state is read again
// and f is called again, so f must not leave anything behind but what it
// computes anew. An error of f ends the change; nothing is written then. If f
// changes nothing there is no commit. update answers the state afterwards.
//
// An error of f, or that there is nothing to change, is only answered of a state that
// the engine was at since update was called: on another node a mailbox may have been
// made, or a flag removed, of which this one has not heard.
//
// If the outcome of a commit is not known, the engine is read before anything is
// answered, so that the answer and what is shown afterwards are the truth.
func (a *Account) update(ctx context.Context, d kv.Durability, f func(*txn) error) (*State, error) {
	if err := a.enter(ctx); err != nil {
		return nil, err
	}
	a.writer.Lock()
	defer a.unlock()
	if err := a.enteredLocked(); err != nil {
		return nil, err
	}
	return a.updateLocked(ctx, d, f)
}

// updateMessages is update for a change of a mailbox's messages: f also gets the draft of
// the mailbox, with all its pages.
func (a *Account) updateMessages(ctx context.Context, d kv.Durability, mb restante.MailboxID, f func(*txn, *draft) error) (*State, error) {
	if _, err := a.Snapshot(ctx, mb); err != nil { // so that the pages stay
		return nil, err
	}
	return a.update(ctx, d, func(tx *txn) error {
		m, err := tx.open(mb)
		if err != nil {
			return err
		}
		if err := tx.load(m); err != nil {
			return err
		}
		return f(tx, m)
	})
}

// updateLocked is update for who holds the writer lock and has entered.
func (a *Account) updateLocked(ctx context.Context, d kv.Durability, f func(*txn) error) (*State, error) {
	if a.removed.Load() {
		return nil, notFound("account", uint64(a.id))
	}
	start, swept, certain, began := time.Now(), false, false, a.since
	if began == 0 {
		began = a.store.Moment()
	}
	for attempt := 1; ; attempt++ {
		if err := a.letOthersLocked(ctx); err != nil {
			return nil, err
		}
		if !a.known() {
			if err := a.reloadLocked(ctx); err != nil {
				return nil, err
			}
		}
		next, committed, err := a.attemptLocked(ctx, d, func(tx *txn) error {
			tx.swept, tx.certain = swept, certain
			return f(tx)
		})
		if errors.Is(err, kv.ErrUnexpected) && !certain {
			certain = true
			continue
		}
		if !swept && errors.Is(err, errFlagsFull) {
			if err = a.sweepFlagsLocked(ctx); err == nil {
				swept = true
				continue
			}
		}
		if !errors.Is(err, kv.ErrConflict) {
			if committed || errors.Is(err, restante.ErrUnavailable) || ctx.Err() != nil {
				return next, err
			}
			behind, e := a.catchUpLocked(ctx, began)
			if e != nil {
				return nil, e
			}
			if !behind {
				return next, err
			}
			continue
		}
		a.store.counters.conflicts.Add(1)
		if attempt >= maxAttempts && time.Since(start) > maxContention {
			a.store.counters.givenUp.Add(1)
			return nil, fmt.Errorf("mailstore: account %d changes too fast: %w", a.id, restante.ErrUnavailable)
		}
		if err := a.backoff(ctx, attempt); err != nil {
			return nil, err
		}
		a.stale.Store(true)
	}
}

// attemptLocked computes the change from the state as it is now and commits it, once.
// It answers the state afterwards, and whether there was something to commit.
func (a *Account) attemptLocked(ctx context.Context, d kv.Durability, f func(*txn) error) (next *State, committed bool, err error) {
	base := a.state.Load()
	tx := &txn{
		ctx: ctx, store: a.store, partition: a.partition(), base: base,
		limits: a.store.options.Limits, now: a.store.now(), modSeq: base.ModSeq() + 1,
		row: base.account, flags: base.flags, acls: base.acls, urlResets: base.urlResets, seen: base.seen, cache: &a.seen,
		threads: &a.writer.threads,
	}
	defer tx.close()
	now := a.store.Moment()
	err = f(tx)
	if tx.view != nil && tx.view.Version() == base.version {
		a.upToDate(now)
	}
	if err != nil {
		return nil, false, err
	}
	tx.finish()
	if len(tx.batch.Ops()) == 0 {
		a.noted(base, base)
		return base, false, nil
	}
	if a.store.options.Durable || a.durably {
		d = kv.Durable
	}
	now = a.store.Moment()
	sent := time.Now()
	version, err := tx.commit(d)
	switch {
	case errors.Is(err, kv.ErrConflict), errors.Is(err, kv.ErrUnexpected):
		return nil, false, err
	case errors.Is(err, kv.ErrNoSpace):
		return nil, false, unavailable("commit", err)
	case err != nil:
		if err := a.settleLocked(ctx, tx, err); err != nil {
			return nil, false, err
		}
		version = base.version + 1
	}
	if tx.forgot {
		a.store.reaper.note(a.id, tx.now.Add(a.store.options.DeleteAfter))
	}
	if tx.removed {
		a.removed.Store(true)
		a.writer.events = append(a.writer.events, notify.Event{
			Account: a.id, ModSeq: tx.row.epoch.modSeq(version), Structure: true, Removed: true,
		})
		return base, true, nil
	}
	a.store.counters.commits.Add(1)
	a.writer.run.note(sent, time.Now())
	next = tx.state(version)
	a.writer.threads.commit(tx, version)
	a.seen.commit(tx, next) // before the state is seen, so that nobody misses it
	a.state.Store(next)
	a.upToDate(now)
	a.noted(base, next)
	if e := tx.event(a.id, version); len(e.Mailboxes) > 0 || e.Structure || e.Metadata {
		a.writer.events = append(a.writer.events, e)
	}
	return next, true, nil
}
