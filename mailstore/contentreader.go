package mailstore

import (
	"errors"
	"io"

	"github.com/restante/restante"
)

// Open answers bytes of the message as a stream; see WriteRange. It is valid
// until the next call of another method.
func (r *Reader) Open(id restante.EmailID, off, n int64) io.Reader {
	end := off + n
	if n < 0 || end < off {
		end = 1<<63 - 1
	}
	return &contentReader{r: r, id: id, off: off, end: end}
}

// contentReader reads a message chunk by chunk.
type contentReader struct {
	r        *Reader
	id       restante.EmailID
	off, end int64
}

// Read implements io.Reader.
func (c *contentReader) Read(p []byte) (int, error) {
	if c.off >= c.end {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	w := sliceWriter{p: p}
	err := c.r.WriteRange(&w, c.id, c.off, min(c.end-c.off, int64(len(p))))
	c.off += int64(w.n)
	if err == nil && w.n < len(p) && c.off < c.end {
		c.end = c.off // the message ends before the range does
	}
	if w.n > 0 && !errors.Is(err, restante.ErrExpunged) {
		return w.n, nil
	}
	if err == nil {
		err = io.EOF
	}
	return w.n, err
}

// WriteTo implements io.WriterTo, without a copy in between.
func (c *contentReader) WriteTo(w io.Writer) (int64, error) {
	n := countWriter{w: w}
	err := c.r.WriteRange(&n, c.id, c.off, c.end-c.off)
	c.off = c.end
	return n.n, err
}

type sliceWriter struct {
	p []byte
	n int
}

func (w *sliceWriter) Write(b []byte) (int, error) {
	n := copy(w.p[w.n:], b)
	w.n += n
	return n, nil
}

type countWriter struct {
	w io.Writer
	n int64
}

func (w *countWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.n += int64(n)
	return n, err
}
