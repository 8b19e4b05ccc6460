package server

import (
	"io"
	"sync"
)

// spillSize is how much a command writes into its own buffer before handing it
// on.
const spillSize = 64 << 10

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

// takeLiteral asks the client for the literal that was just announced and copies its
// octets to w through a buffer of its own.
func (s *session) takeLiteral(w io.Writer) error {
	r, err := s.dec.AcceptLiteral()
	if err != nil {
		return err
	}
	buf := s.srv.scratchBuffers.get()
	defer s.srv.scratchBuffers.put(buf)
	// Neither side shows more methods than these, so that the buffer is what is used.
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:cap(buf)])
	return err
}
