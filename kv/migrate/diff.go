package migrate

import (
	"bytes"
	"fmt"

	"github.com/restante/restante/kv"
)

// sourceError says that the source could not be read.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "source: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// changes takes what makes one range of rows another.
type changes interface {
	set(key, value []byte) error // a row is missing or different
	remove(key []byte, size int) error
}

// diff tells the changes that make target what source is, both at their
// beginning. A nil target is empty. Rows of the source are counted in p.
func diff(source, target kv.Iterator, p *progress, to changes) error {
	more := source.Next()
	if !more && source.Err() != nil {
		return &sourceError{source.Err()}
	}
	other := target != nil && target.Next()
	for more || other {
		order := -1 // of the source's key against the target's
		switch {
		case !more:
			order = 1
		case other:
			order = bytes.Compare(source.Key(), target.Key())
		}
		if order <= 0 {
			value := source.Value()
			if err := source.Err(); err != nil {
				return &sourceError{err}
			}
			p.rows.Add(1)
			p.bytes.Add(int64(len(source.Key()) + len(value)))
			if order < 0 || !bytes.Equal(value, target.Value()) {
				if err := to.set(source.Key(), value); err != nil {
					return err
				}
			}
		} else if err := to.remove(target.Key(), len(target.Value())); err != nil {
			return err
		}
		if order >= 0 {
			other = target.Next()
		}
		if target != nil && target.Err() != nil {
			return fmt.Errorf("target: %w", target.Err())
		}
		if order <= 0 {
			more = source.Next()
		}
		if err := source.Err(); err != nil {
			return &sourceError{err}
		}
	}
	if target != nil && target.Err() != nil {
		return fmt.Errorf("target: %w", target.Err())
	}
	return nil
}
