package blob

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/restante/restante"
)

// Spool is a body of any length on its way to a store: a file without a name, of which
// nothing is left if the process ends. It is used by one goroutine.
type Spool struct {
	file *os.File
	size int64
}

// NewSpool answers an empty spool in a directory; "" is that of the system for
// temporary files.
func NewSpool(dir string) (*Spool, error) {
	f, err := os.CreateTemp(dir, "body-*")
	if err != nil {
		return nil, spoolError(err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(spoolError(err), f.Close())
	}
	return &Spool{file: f}, nil
}

// Write implements io.Writer. A full disk is restante.ErrNoSpace.
func (s *Spool) Write(b []byte) (int, error) {
	n, err := s.file.WriteAt(b, s.size)
	s.size += int64(n)
	if err != nil {
		err = spoolError(err)
	}
	return n, err
}

// ReadAt implements io.ReaderAt.
func (s *Spool) ReadAt(b []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(b, off)
	if err != nil && err != io.EOF {
		err = spoolError(err)
	}
	return n, err
}

// Size is how many octets were written.
func (s *Spool) Size() int64 { return s.size }

// Close gives the spool up.
func (s *Spool) Close() error { return s.file.Close() }

func spoolError(err error) error {
	kind := restante.ErrUnavailable
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		kind = restante.ErrNoSpace
	}
	return fmt.Errorf("blob: spool: %w: %w", kind, err)
}
