// Package buffers lends byte slices, so that those who need large ones for a moment use
// the same again.
package buffers

import (
	"slices"
	"sync"
)

// Pool lends buffers. All methods may be called concurrently.
type Pool struct {
	least, most int
	pool        sync.Pool
}

// New answers a pool of buffers that have room for least octets and more, and of which
// those that have grown beyond most are left to the collector.
func New(least, most int) *Pool { return &Pool{least: least, most: most} }

// Get lends an empty buffer with room for size octets, and no less than the pool's least.
func (p *Pool) Get(size int) []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return slices.Grow((*b)[:0], size)
	}
	return make([]byte, 0, max(size, p.least))
}

// Put takes a buffer back, of which the caller keeps nothing. It may be any slice, nil too.
func (p *Pool) Put(b []byte) {
	if cap(b) >= p.least && cap(b) <= p.most {
		p.pool.Put(&b)
	}
}
