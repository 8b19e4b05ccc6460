package mailstore

import (
	"container/list"
	"context"
	"sync"

	"github.com/restante/restante"
)

// accountCache holds the accounts that are in use, and those last used up to a
// bound of memory.
type accountCache struct {
	limit int64
	mu    struct {
		sync.Mutex
		accounts  map[restante.AccountID]*Account
		idle      list.List // of *Account, the last used first
		idleBytes int64
	}
}

// cached is what the cache keeps of an account, guarded by its lock.
type cached struct {
	refs   int
	idle   *list.Element // nil while in use
	weight int64         // while idle
}

func (c *accountCache) init(limit int64) {
	c.limit = limit
	c.mu.accounts = make(map[restante.AccountID]*Account)
	c.mu.idle.Init()
}

// acquire answers the account's one handle on this node and counts a user.
func (c *accountCache) acquire(s *Store, id restante.AccountID) *Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.mu.accounts[id]
	if a == nil {
		a = newAccount(s, id)
		c.mu.accounts[id] = a
	}
	if a.cached.idle != nil {
		c.endIdleLocked(a)
	}
	a.cached.refs++
	return a
}

// release counts a user less; an account without users stays until the room
// is needed, unless there is nothing to keep.
func (c *accountCache) release(a *Account, keep bool) {
	weight := a.weight()
	c.mu.Lock()
	defer c.mu.Unlock()
	a.cached.refs--
	if a.cached.refs > 0 {
		return
	}
	if !keep {
		c.dropLocked(a)
		return
	}
	a.cached.weight = weight
	a.cached.idle = c.mu.idle.PushFront(a)
	c.mu.idleBytes += weight
	for c.mu.idleBytes > c.limit {
		old := c.mu.idle.Back().Value.(*Account)
		c.endIdleLocked(old)
		c.dropLocked(old)
	}
}

// endIdleLocked takes an account that is not in use out of their list.
func (c *accountCache) endIdleLocked(a *Account) {
	c.mu.idle.Remove(a.cached.idle)
	c.mu.idleBytes -= a.cached.weight
	a.cached.idle = nil
}

func (c *accountCache) dropLocked(a *Account) {
	if c.mu.accounts[a.id] == a {
		delete(c.mu.accounts, a.id)
	}
}

// forgetUnlessUsed answers an account that has changed elsewhere if it is in use. Else it
// is forgotten, to be read again when it is next wanted, and nil is answered; one that is
// doubted stays for that.
func (c *accountCache) forgetUnlessUsed(id restante.AccountID) (used *Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.mu.accounts[id]
	if a == nil || a.cached.idle == nil {
		return a
	}
	if !a.doubted.Load() {
		c.endIdleLocked(a)
		c.dropLocked(a)
	}
	return nil
}

// doubtAll has all accounts read again, because changes may have been missed, and answers
// those in use. None is forgotten before that, since the engine may have lost what this
// node alone knows.
func (c *accountCache) doubtAll() (used []*Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.mu.accounts {
		a.doubted.Store(true)
		if a.cached.idle == nil {
			used = append(used, a)
		}
	}
	return used
}

// Account opens an account. All who open it share one handle; each calls
// Release when done. An unknown one is restante.ErrNotFound.
func (s *Store) Account(ctx context.Context, id restante.AccountID) (*Account, error) {
	if !id.Valid() {
		return nil, notFound("account", uint64(id))
	}
	a := s.cache.acquire(s, id)
	if err := a.load(ctx); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}

// Release ends the use of an account by one of those who opened it.
func (a *Account) Release() {
	a.store.cache.release(a.owner, a.opened.Load() && !a.removed.Load())
}
