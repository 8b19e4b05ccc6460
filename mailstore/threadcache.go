package mailstore

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// threadCache holds the threads of all Message-IDs that an account's messages have or
// name, by their hashes, so that a message finds its thread without a look at rows,
// which is a tenth of what an append costs, and a round trip where the engine is a
// database. It is guarded by the account's writer lock.
//
// An account has one as soon as it has looked so often that reading all rows costs no
// more than that did.
type threadCache struct {
	known map[uint64]restante.ThreadID // 0: there may be rows; nil: there is no cache
	asOf  kv.Version                   // of which it tells
	looks int64                        // since there was none
	size  atomic.Int64                 // of known
}

const (
	// minThreadLooks is how often even a small account looks before it has a cache.
	minThreadLooks = 4
	// messagesPerThreadLook is how many messages' rows are read in the time of a look.
	messagesPerThreadLook = 32
	// maxThreadedMessages bounds the accounts that have a cache, for the time that it takes to
	// make one and for its memory, and maxThreadHashesKept the hashes.
	maxThreadedMessages = 1 << 16
	maxThreadHashesKept = 1 << 18
	// threadCacheEntry is what a hash takes, in bytes.
	threadCacheEntry = 24
)

// find answers the thread of a hash as of a version, 0 for none. It is not sure where rows
// have to be looked at.
func (c *threadCache) find(hash uint64, at kv.Version) (thread restante.ThreadID, sure bool) {
	if c.known == nil || c.asOf != at {
		return 0, false
	}
	thread, ok := c.known[hash]
	return thread, thread != 0 || !ok
}

// learn takes over what a look at a version found for a hash, 0 for nothing.
func (c *threadCache) learn(hash uint64, thread restante.ThreadID, at kv.Version) {
	if c.known == nil || c.asOf != at {
		return
	}
	if thread == 0 {
		delete(c.known, hash)
	} else {
		c.known[hash] = thread
	}
}

// due reports, of a look that is to be, whether reading all rows is better.
func (c *threadCache) due(messages int64) bool {
	c.looks++
	return messages <= maxThreadedMessages && c.looks > minThreadLooks+messages/messagesPerThreadLook
}

// fill reads all rows of a view.
func (c *threadCache) fill(view kv.Snapshot) error {
	c.forget()
	known := make(map[uint64]restante.ThreadID)
	it := view.Scan(kindRange(kindThread))
	for it.Next() {
		hash, _, ok := keyNumber(it.Key())
		thread, err := threadOfRow(it.Key(), it.Value())
		if err == nil && !ok {
			err = fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt)
		}
		if err != nil {
			it.Close()
			return err
		}
		if _, ok := known[hash]; !ok { // the first one counts
			known[hash] = thread
		}
	}
	if err := it.Close(); err != nil {
		return unavailable("read threads", err)
	}
	c.known, c.asOf = known, view.Version()
	c.size.Store(int64(len(known)))
	return nil
}

// commit takes over what a change did that made the version.
func (c *threadCache) commit(tx *txn, version kv.Version) {
	if c.known == nil {
		return
	}
	if c.asOf != tx.base.version {
		c.forget()
		return
	}
	for _, t := range tx.threaded {
		c.known[t.hash] = t.thread
	}
	for _, hash := range tx.unthreaded {
		if _, ok := c.known[hash]; ok {
			c.known[hash] = 0 // others may have it too
		}
	}
	c.asOf = version
	if len(c.known) > maxThreadHashesKept {
		c.forget()
		return
	}
	c.size.Store(int64(len(c.known)))
}

// forget gives the cache up.
func (c *threadCache) forget() {
	c.known, c.looks = nil, 0
	c.size.Store(0)
}

// weight is the cache's memory in bytes. It may be called without the lock.
func (c *threadCache) weight() int64 { return threadCacheEntry * c.size.Load() }

// threadOfRow reads the value of a thread row.
func threadOfRow(key, value []byte) (restante.ThreadID, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("mailstore: thread row %x: %w", key, restante.ErrCorrupt)
	}
	return restante.ThreadID(binary.BigEndian.Uint64(value)), nil
}
