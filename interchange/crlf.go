package interchange

import (
	"bufio"
	"io"
	"os"
)

// openFile gives a function that reads a file with CRLF line ends.
func openFile(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return readCloser{newCRLFReader(f), f}, nil
	}
}

type readCloser struct {
	io.Reader
	io.Closer
}

// crlfReader turns bare LF into CRLF and leaves CRLF and bare CR as they are.
type crlfReader struct {
	r    *bufio.Reader
	last byte
	owed bool // the LF of a CRLF whose CR has been given
}

func newCRLFReader(r io.Reader) *crlfReader { return &crlfReader{r: bufio.NewReaderSize(r, 64<<10)} }

func (c *crlfReader) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if c.owed {
			b[n], c.owed, c.last = '\n', false, '\n'
			n++
			continue
		}
		if n > 0 && c.r.Buffered() == 0 {
			break
		}
		x, err := c.r.ReadByte()
		if err != nil {
			if n > 0 && err == io.EOF {
				return n, nil
			}
			return n, err
		}
		if x == '\n' && c.last != '\r' {
			x, c.owed = '\r', true
		}
		b[n], c.last = x, x
		n++
	}
	return n, nil
}

// lfWriter turns CRLF into LF, as Maildir files have it, but not where another CR stands
// before it: read back, CR and LF alone would be a line end.
type lfWriter struct {
	w   io.Writer
	crs int // held back: 1, or 2 for any number of which the others are written
	b   []byte
}

func (l *lfWriter) Write(p []byte) (int, error) {
	l.b = l.b[:0]
	for _, x := range p {
		switch {
		case x != '\r':
			if x != '\n' || l.crs != 1 {
				l.b = append(l.b, "\r\r"[:l.crs]...)
			}
			l.b, l.crs = append(l.b, x), 0
		case l.crs == 2:
			l.b = append(l.b, x)
		default:
			l.crs++
		}
	}
	if _, err := l.w.Write(l.b); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes the CRs that stood at the very end.
func (l *lfWriter) flush() error {
	held := l.crs
	l.crs = 0
	_, err := l.w.Write([]byte("\r\r")[:held])
	return err
}
