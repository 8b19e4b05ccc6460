package pebblekv

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

// wrap gives Pebble's errors their kind.
func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case pebble.IsCorruptionError(err):
		return fmt.Errorf("%w: %w", kv.ErrCorrupt, brief{err})
	case isNoSpace(err):
		return fmt.Errorf("%w: %w", kv.ErrNoSpace, brief{err})
	case errors.Is(err, pebble.ErrClosed):
		return kv.ErrClosed
	}
	return brief{err}
}

// brief is an error of Pebble in one line: its own text may go on with names of
// what it wraps, and in logs, which format it with %+v, with stack traces.
type brief struct{ err error }

func (b brief) Error() string {
	line, _, _ := strings.Cut(b.err.Error(), "\n")
	return line
}

func (b brief) Unwrap() error { return b.err }
