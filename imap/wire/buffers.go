package wire

import "sync"

// Buffers lends buffers to connections while they have something to read or to
// write, so that idle connections hold none. It may be shared by any number of
// connections.
type Buffers struct {
	size int
	pool sync.Pool
}

// NewBuffers gives a lender of buffers of the size given, in octets.
func NewBuffers(size int) *Buffers {
	b := &Buffers{size: size}
	b.pool.New = func() any {
		p := make([]byte, 0, size)
		return &p
	}
	return b
}

// get lends an empty buffer.
func (b *Buffers) get() *[]byte { return b.pool.Get().(*[]byte) }

// put takes a buffer back. One that has grown is left to the collector.
func (b *Buffers) put(p *[]byte) {
	if cap(*p) == b.size {
		*p = (*p)[:0]
		b.pool.Put(p)
	}
}
