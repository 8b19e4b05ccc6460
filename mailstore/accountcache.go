package mailstore

import (
	"container/list"
	"context"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
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
	if e := a.cached.idle; e != nil {
		c.mu.idle.Remove(e)
		c.mu.idleBytes -= a.cached.weight
		a.cached.idle = nil
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
		old := c.mu.idle.Remove(c.mu.idle.Back()).(*Account)
		c.mu.idleBytes -= old.cached.weight
		c.dropLocked(old)
	}
}

func (c *accountCache) dropLocked(a *Account) {
	if c.mu.accounts[a.id] == a {
		delete(c.mu.accounts, a.id)
	}
}

// open answers the accounts in use that a change concerns. One that is not in use is
// forgotten instead, to be read again when it is next wanted. Where changes may have been
// missed, none is forgotten before it was read again, since the engine may have lost what this
// node alone knows.
func (c *accountCache) open(change kv.Change) (used []*Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if change.Lost {
		for _, a := range c.mu.accounts {
			a.doubted.Store(true)
			if a.cached.idle == nil {
				used = append(used, a)
			}
		}
		return used
	}
	switch a := c.mu.accounts[restante.AccountID(change.Partition)]; {
	case a == nil:
	case a.cached.idle == nil:
		used = append(used, a)
	case !a.doubted.Load():
		c.mu.idle.Remove(a.cached.idle)
		c.mu.idleBytes -= a.cached.weight
		c.dropLocked(a)
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
