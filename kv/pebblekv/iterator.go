package pebblekv

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

// iterator is a kv.Iterator on a Pebble iterator, whose bounds stay the same,
// so that Pebble turns short seeks forward into steps.
type iterator struct {
	snap    *snapshot
	it      *pebble.Iterator // nil once released
	nothing bool             // the range is empty: it is nil
	started bool             // it stands somewhere
	valid   bool             // it stands on a key
	key     []byte           // for seeks, reused
	err     error
}

// usable reports whether a move can be tried.
func (it *iterator) usable() bool {
	if it.err != nil || it.nothing {
		return false
	}
	if it.it == nil || it.snap.store.closed.Load() {
		it.err = kv.ErrClosed
		it.valid = false
		return false
	}
	return true
}

// settle takes the outcome of a move.
func (it *iterator) settle(ok bool) bool {
	it.started = true
	it.valid = ok
	if !ok {
		if err := it.it.Error(); err != nil {
			it.fail(err)
		}
	}
	return ok
}

func (it *iterator) fail(err error) {
	it.valid = false
	if it.err == nil {
		it.err = fmt.Errorf("pebblekv: scan: %w", wrap(err))
	}
}

func (it *iterator) Next() bool {
	if !it.usable() {
		return false
	}
	if !it.started {
		return it.settle(it.it.First())
	}
	return it.settle(it.it.Next())
}

func (it *iterator) Prev() bool {
	if !it.started || !it.usable() {
		return false
	}
	return it.settle(it.it.Prev())
}

func (it *iterator) SeekGE(key []byte) bool {
	if !it.usable() {
		return false
	}
	it.key = appendRow(it.key[:0], it.snap.partition, key)
	return it.settle(it.it.SeekGE(it.key))
}

func (it *iterator) SeekLT(key []byte) bool {
	if !it.usable() {
		return false
	}
	if key == nil {
		return it.settle(it.it.Last())
	}
	it.key = appendRow(it.key[:0], it.snap.partition, key)
	return it.settle(it.it.SeekLT(it.key))
}

func (it *iterator) Key() []byte {
	if !it.valid {
		return nil
	}
	return it.it.Key()[partitionLen:]
}

func (it *iterator) Value() []byte {
	if !it.valid || !it.usable() {
		return nil
	}
	value, err := it.it.ValueAndErr()
	if err != nil {
		it.fail(err)
		return nil
	}
	return value
}

func (it *iterator) Err() error { return it.err }

// Close implements kv.Iterator.
func (it *iterator) Close() error {
	if err := it.release(); err != nil && it.err == nil {
		it.fail(err)
	}
	return it.err
}

// release gives Pebble's iterator back.
func (it *iterator) release() error {
	if it.it == nil {
		return nil
	}
	delete(it.snap.iters, it)
	err := it.it.Close()
	it.it, it.valid = nil, false
	return err
}
