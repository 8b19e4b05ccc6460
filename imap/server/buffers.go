package server

import "sync"

// scratchBuffers lends the large buffers that commands gather their answers in
// and copy literals through. The zero value is ready.
type scratchBuffers struct{ pool sync.Pool }

// get lends an empty buffer with room for at least spillSize octets.
func (b *scratchBuffers) get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, spillSize)
}

// put takes a buffer back. One that has grown beyond bounds is left to the
// collector.
func (b *scratchBuffers) put(p []byte) {
	if cap(p) >= spillSize && cap(p) <= 4*spillSize {
		b.pool.Put(&p)
	}
}
