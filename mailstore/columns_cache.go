package mailstore

import (
	"context"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// defaultColumnBytes is how much memory a store's columns may take; about 300
// bytes a message are needed.
const defaultColumnBytes = 128 << 20

// accountColumnsSize is about what an account without blocks takes.
const accountColumnsSize = 512

// columnCache keeps the column blocks of the accounts that were searched last.
// The zero value is ready for use.
type columnCache struct {
	limit int64 // bytes; 0: defaultColumnBytes
	mu    struct {
		sync.Mutex
		accounts map[restante.AccountID]*accountColumns
		bytes    int64
		uses     uint64
		hits     uint64 // blocks and columns that were asked for and there
		misses   uint64 // and those that were not
	}
}

// accountColumns are an account's blocks. The cache's lock guards the fields
// but the channel.
type accountColumns struct {
	id     restante.AccountID
	blocks map[uint64]*columnBlock
	sorts  map[sortID]*sortColumn
	labels *Labels // nil until asked for

	version    kv.Version // the newest state of the account that they were used with
	labelsSize int64
	bytes      int64
	lastUse    uint64
	building   chan struct{} // holds a token while a search builds blocks
}

// account answers the columns of an account that is at a version, and marks them as used
// now.
func (c *columnCache) account(id restante.AccountID, version kv.Version) *accountColumns {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.mu.accounts[id]
	if a == nil {
		a = &accountColumns{
			id: id, blocks: make(map[uint64]*columnBlock), sorts: make(map[sortID]*sortColumn), bytes: accountColumnsSize,
			building: make(chan struct{}, 1),
		}
		if c.mu.accounts == nil {
			c.mu.accounts = make(map[restante.AccountID]*accountColumns)
		}
		c.mu.accounts[id] = a
		c.mu.bytes += a.bytes
		c.makeRoomLocked(0, a)
	}
	c.mu.uses++
	a.lastUse = c.mu.uses
	a.version = max(a.version, version)
	return a
}

// dropAhead drops the columns of an account that were used with a later version than this,
// and reports whether there were any: the engine has lost commits, and may have others under
// their numbers. What is put into them from now on is kept for nobody.
func (c *columnCache) dropAhead(id restante.AccountID, version kv.Version) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.mu.accounts[id]
	if a == nil || a.version <= version {
		return false
	}
	c.dropLocked(a)
	return true
}

func (c *columnCache) dropLocked(a *accountColumns) {
	delete(c.mu.accounts, a.id)
	c.mu.bytes -= a.bytes
}

// get fills in the blocks that are cached.
func (c *columnCache) get(a *accountColumns, uses []*blockUse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range uses {
		u.block = a.blocks[u.number]
		c.countLocked(u.block != nil)
	}
}

func (c *columnCache) countLocked(hit bool) {
	if hit {
		c.mu.hits++
	} else {
		c.mu.misses++
	}
}

// put keeps a block, in place of the one with its number. Other accounts'
// blocks make room, least recently used first; an account that takes all the
// room by itself keeps what it has and not the block, because dropping its own
// blocks in turn would leave a repeated search with none.
func (c *columnCache) put(a *accountColumns, b *columnBlock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	grow := b.size()
	if old := a.blocks[b.number]; old != nil {
		grow -= old.size()
	}
	if c.takeLocked(a, grow) {
		a.blocks[b.number] = b
	}
}

// sortID names a column of an account.
type sortID struct {
	kind   sortKind
	number uint64
}

// getSorts fills in the columns of a kind that are cached.
func (c *columnCache) getSorts(a *accountColumns, kind sortKind, uses []*sortUse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range uses {
		u.columns[kind] = a.sorts[sortID{kind, u.number}]
		c.countLocked(u.columns[kind] != nil)
	}
}

// putSort keeps a column as put does a block.
func (c *columnCache) putSort(a *accountColumns, s *sortColumn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := sortID{s.kind, s.number}
	grow := s.size()
	if old := a.sorts[id]; old != nil {
		grow -= old.size()
	}
	if c.takeLocked(a, grow) {
		a.sorts[id] = s
	}
}

// takeLocked counts so many bytes more for an account, if there is room for them
// and it was not dropped meanwhile.
func (c *columnCache) takeLocked(a *accountColumns, bytes int64) bool {
	if c.mu.accounts[a.id] != a || !c.makeRoomLocked(bytes, a) {
		return false
	}
	a.bytes += bytes
	c.mu.bytes += bytes
	return true
}

// makeRoomLocked drops accounts until so many bytes more fit, but never keep.
func (c *columnCache) makeRoomLocked(bytes int64, keep *accountColumns) bool {
	limit := c.limit
	if limit == 0 {
		limit = defaultColumnBytes
	}
	for c.mu.bytes+bytes > limit {
		oldest := c.oldestLocked(keep)
		if oldest == nil {
			return false
		}
		c.dropLocked(oldest)
	}
	return true
}

func (c *columnCache) oldestLocked(except *accountColumns) *accountColumns {
	var oldest *accountColumns
	for _, a := range c.mu.accounts {
		if a != except && (oldest == nil || a.lastUse < oldest.lastUse) {
			oldest = a
		}
	}
	return oldest
}

// lock waits until no other search builds blocks of the account, so that many
// searches at once read the summaries once.
func (a *accountColumns) lock(ctx context.Context) error {
	select {
	case a.building <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *accountColumns) unlock() { <-a.building }
