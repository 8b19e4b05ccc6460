package server

import (
	"container/list"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/convert"
)

// conversionKey names a part of a message and what it is converted to.
type conversionKey struct {
	account restante.AccountID
	email   restante.EmailID
	losses  uint64 // mailstore.Store.Losses
	what    string
}

// conversionCache keeps what was converted last, for clients that ask for the size
// first, or for a part piece by piece (RFC 5259 §8.5). Contents never change, so
// that it is only ever too small.
type conversionCache struct {
	most int64 // bytes
	mu   struct {
		sync.Mutex
		used    int64
		order   list.List // of *keptConversion, the last used first
		entries map[conversionKey]*list.Element
	}
}

type keptConversion struct {
	key    conversionKey
	result convert.Result
}

// size is about what the entry takes.
func (k *keptConversion) size() int64 { return int64(len(k.result.Body)+len(k.key.what)) + 500 }

func newConversionCache(most int64) *conversionCache {
	c := &conversionCache{most: most}
	c.mu.entries = make(map[conversionKey]*list.Element)
	return c
}

// get gives what was kept.
func (c *conversionCache) get(key conversionKey) (convert.Result, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.mu.entries[key]
	if !ok {
		return convert.Result{}, false
	}
	c.mu.order.MoveToFront(e)
	return e.Value.(*keptConversion).result, true
}

// put keeps a result, and lets others go for it. One that would take half of all
// is not kept.
func (c *conversionCache) put(key conversionKey, r convert.Result) {
	k := &keptConversion{key, r}
	if k.size() > c.most/2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.mu.entries[key]; has {
		return
	}
	c.mu.entries[key] = c.mu.order.PushFront(k)
	c.mu.used += k.size()
	for c.mu.used > c.most {
		last := c.mu.order.Back()
		old := c.mu.order.Remove(last).(*keptConversion)
		delete(c.mu.entries, old.key)
		c.mu.used -= old.size()
	}
}
