package mailstore

import (
	"context"
	"errors"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

const (
	// followAgain is how long those wait who could not be brought up to date because the
	// engine could not be read.
	followAgain = 500 * time.Millisecond
	// mostFollowing is how many accounts are brought up to date at a time, so that one
	// that is slow does not keep the others from hearing their news.
	mostFollowing = 16
)

// watch brings open accounts up to date when other nodes commit, so that sessions
// which wait hear of it. What cannot be read now is tried again until it can.
func (s *Store) watch(ctx context.Context, changes <-chan kv.Change) {
	f := follower{
		store: s, state: make(map[restante.AccountID]following), missed: make(map[restante.AccountID]struct{}),
		done: make(chan followed), again: time.NewTimer(followAgain),
	}
	f.again.Stop()
	for open := true; open || f.active > 0; f.start(ctx) {
		select {
		case c, ok := <-changes:
			if !ok {
				changes, open, f.queue = nil, false, nil
				continue
			}
			f.changed(c)
		case d := <-f.done:
			f.end(ctx, d)
		case <-f.again.C:
			for id := range f.missed {
				f.add(id)
			}
			clear(f.missed)
		}
	}
	f.again.Stop()
}

// following says what is done for an account that another node has changed.
type following byte

const (
	queued following = iota + 1
	active
	stale // active, and changed again since
)

// follower is the state of Store.watch, which alone uses it.
type follower struct {
	store  *Store
	state  map[restante.AccountID]following
	queue  []restante.AccountID
	active int
	missed map[restante.AccountID]struct{} // to be tried again
	away   bool                            // the engine could not be read the last time
	done   chan followed
	again  *time.Timer
}

// followed is how bringing an account up to date has ended.
type followed struct {
	id  restante.AccountID
	err error
}

// changed takes note of what other nodes have committed.
func (f *follower) changed(c kv.Change) {
	if c.Lost || c.Partition < kv.Partition(restante.FirstAccountID) {
		f.store.DirectoryChanged()
	}
	if c.Lost {
		for _, a := range f.store.cache.doubtAll() {
			f.add(a.id)
		}
	} else if a := f.store.cache.forgetUnlessUsed(restante.AccountID(c.Partition)); a != nil {
		f.add(a.id)
	}
}

// add has an account brought up to date, from now on.
func (f *follower) add(id restante.AccountID) {
	switch f.state[id] {
	case 0:
		f.state[id] = queued
		f.queue = append(f.queue, id)
	case active:
		f.state[id] = stale
	}
}

// start begins with as many accounts as may be under way: with one only while the engine
// cannot be read, which takes its time to find that out.
func (f *follower) start(ctx context.Context) {
	for len(f.queue) > 0 && (f.active == 0 || !f.away && f.active < mostFollowing) {
		id := f.queue[0]
		f.queue = f.queue[1:]
		a := f.store.cache.forgetUnlessUsed(id)
		if a == nil {
			delete(f.state, id)
			continue
		}
		f.state[id] = active
		f.active++
		go func() { f.done <- followed{id, a.Refresh(ctx)} }()
	}
}

// end takes note of one that has ended.
func (f *follower) end(ctx context.Context, d followed) {
	again := f.state[d.id] == stale
	delete(f.state, d.id)
	f.active--
	f.away = errors.Is(d.err, restante.ErrUnavailable)
	switch {
	case d.err != nil && ctx.Err() == nil && !errors.Is(d.err, restante.ErrNotFound):
		if len(f.missed) == 0 {
			f.store.options.Logger.Warn("cannot follow another node's change yet", "account", uint64(d.id), "error", d.err)
			f.again.Reset(followAgain)
		}
		f.missed[d.id] = struct{}{}
	case again:
		f.add(d.id)
	}
}
