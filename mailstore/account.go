package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// Account is an open account as one user sees it. Its methods may be called
// concurrently; those that write wait for one another.
type Account struct {
	*accountCore
	viewer restante.AccountID // who has a \Seen of his own there (see seen.go); 0: the owner
	step   *Step              // where its changes are noted; nil for most
	since  Moment             // State of then is fresh enough for changes; 0: when each is asked for

	durably bool // all its changes are durable
}

// accountCore is what all who opened an account share.
type accountCore struct {
	owner   *Account // the account as its owner sees it
	id      restante.AccountID
	store   *Store
	state   atomic.Pointer[State] // nil until read
	opened  atomic.Bool           // what there was to do before anybody uses it is done
	removed atomic.Bool
	cached  cached
	appends appendQueue

	// stale says that the engine may be ahead of state: the last commit's outcome
	// is not known, or another node was first.
	stale atomic.Bool

	// doubted says that the engine may have been replaced by one that lacks commits since
	// state was read, so that its version does not tell whether state is the engine's.
	doubted atomic.Bool

	checked atomic.Int64 // the Moment as of which State is known to be up to date

	// writer is held while a change is computed and committed, and while
	// state is read from the engine.
	writer struct {
		sync.Mutex
		events  []notify.Event // to be told once the lock is released
		swept   time.Time      // when a sweep of the flag sets last won nothing
		run     run
		threads threadCache
		lost    *State // of which the engine has lost a part that was not taken care of yet; mostly nil
	}

	recent struct {
		sync.Mutex
		claimed map[restante.MailboxID]restante.UID
	}

	seen   seenCache
	guests guestList
}

// newAccount answers an account that is not loaded yet, as its owner sees it.
func newAccount(s *Store, id restante.AccountID) *Account {
	a := &Account{accountCore: &accountCore{id: id, store: s}}
	a.owner = a
	return a
}

// As answers the account as another user sees it: with his own \Seen. It is the
// same use of the account, so that it is released once. The owner's is 0, or the
// account itself.
func (a *Account) As(viewer restante.AccountID) *Account {
	if viewer == 0 || viewer == a.id {
		return a.owner
	}
	return &Account{accountCore: a.accountCore, viewer: viewer}
}

// Durably answers the account as a itself sees it, all of whose changes, those of
// flags too, are on stable storage when they are answered. It is the same use of the
// account, so that it is released once.
func (a *Account) Durably() *Account {
	return &Account{accountCore: a.accountCore, viewer: a.viewer, step: a.step, since: a.since, durably: true}
}

// seer is whose \Seen it is that the account's viewer has; 0: the owner's, which is
// everybody's with Options.SharedSeen.
func (a *Account) seer() restante.AccountID {
	if a.store.options.SharedSeen {
		return 0
	}
	return a.viewer
}

// ID is the account's number.
func (a *Account) ID() restante.AccountID { return a.id }

// State is the account as this node knows it now.
func (a *Account) State() *State { return a.state.Load() }

func (a *Account) partition() kv.Partition { return kv.Partition(a.id) }

func notFound(what string, id uint64) error {
	return fmt.Errorf("mailstore: %s %d: %w", what, id, restante.ErrNotFound)
}

// unlock releases the writer lock and then tells what was done under it.
func (a *Account) unlock() {
	events := a.writer.events
	a.writer.events = nil
	a.writer.Unlock()
	for _, e := range events {
		a.store.hub.Publish(e)
	}
}

// Subscribe makes f be called after each change of the account, made here or
// by another node, until cancel. See notify.Hub for what f may do.
func (a *Account) Subscribe(f func(notify.Event)) (cancel func()) {
	return a.store.hub.Subscribe(a.id, f)
}

// remove deletes everything of the account but what its successor must know, and
// where it has left rows.
func (a *Account) remove(ctx context.Context) error {
	_, err := a.update(ctx, kv.Durable, func(tx *txn) error {
		tx.removed = true
		view, err := tx.read()
		if err != nil {
			return err
		}
		left, err := hosts(view)
		if err != nil {
			return err
		}
		tx.batch.DeleteRange(nil, nil)
		tx.batch.WillFree(tx.row.usage.Bytes)
		tx.batch.Set(goneKey(), binary.BigEndian.AppendUint32(nil, tx.row.lastUIDValidity))
		for _, host := range left {
			tx.batch.Set(guestKey(host), nil)
		}
		tx.batch.UseReserve()
		if tx.row.objects {
			tx.forget(allObjects(a.id))
		}
		return nil
	})
	return err
}

// ClaimRecent gives the messages that no one has claimed yet to the caller:
// those of the mailbox whose UID is not below the result have \Recent for it
// (RFC 3501 §2.3.2) and for nobody else. What came before the account was
// opened on this node is recent to none.
func (a *Account) ClaimRecent(id restante.MailboxID) restante.UID {
	a.recent.Lock()
	defer a.recent.Unlock()
	s := a.State()
	mb := s.Mailbox(id)
	if mb == nil {
		return 1
	}
	from, ok := a.recent.claimed[id]
	if !ok {
		from = 1 // made since
		if len(a.recent.claimed) > 2*len(s.mailboxes) {
			maps.DeleteFunc(a.recent.claimed, func(id restante.MailboxID, _ restante.UID) bool { return s.box(id) == nil })
		}
	}
	a.recent.claimed[id] = max(from, mb.UIDNext)
	return from
}

// Unclaimed gives what ClaimRecent would, and claims nothing: the messages of
// the mailbox whose UID is not below it are recent to whoever selects it next.
func (a *Account) Unclaimed(id restante.MailboxID) restante.UID {
	a.recent.Lock()
	defer a.recent.Unlock()
	return max(a.recent.claimed[id], 1)
}

// unavailable wraps an engine's error that is no kind of its own.
func unavailable(what string, err error) error {
	for _, kind := range []error{
		restante.ErrNoSpace, restante.ErrCorrupt, restante.ErrNotFound, restante.ErrUnavailable,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, kind) {
			return fmt.Errorf("mailstore: %s: %w", what, err)
		}
	}
	return fmt.Errorf("mailstore: %s: %w: %w", what, restante.ErrUnavailable, err)
}
