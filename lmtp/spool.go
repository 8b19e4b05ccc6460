package lmtp

import (
	"bytes"
	"io"
	"os"
)

// spool holds a message while it comes in: in memory up to a bound, above that
// in a file that has no name any more.
type spool struct {
	dir    string
	bound  int
	size   int64
	memory bytes.Buffer
	file   *os.File
}

// spoolError is trouble with the spool itself, not with where bytes come from.
type spoolError struct{ error }

func (e *spoolError) Unwrap() error { return e.error }

func newSpool(dir string, bound int) *spool { return &spool{dir: dir, bound: bound} }

func (s *spool) Write(b []byte) (int, error) {
	if s.file == nil && s.memory.Len()+len(b) > s.bound {
		if err := s.toFile(); err != nil {
			return 0, &spoolError{err}
		}
	}
	var n int
	var err error
	if s.file != nil {
		n, err = s.file.Write(b)
	} else {
		n, err = s.memory.Write(b)
	}
	s.size += int64(n)
	if err != nil {
		return n, &spoolError{err}
	}
	return n, nil
}

func (s *spool) toFile() error {
	f, err := os.CreateTemp(s.dir, "restante-lmtp-*")
	if err != nil {
		return err
	}
	s.file = f
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	_, err = s.memory.WriteTo(f)
	s.memory = bytes.Buffer{}
	return err
}

// writeTo copies the whole message to w; it may be called again.
func (s *spool) writeTo(w io.Writer) error {
	if s.file == nil {
		_, err := w.Write(s.memory.Bytes())
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(s.file, 0, s.size))
	return err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
