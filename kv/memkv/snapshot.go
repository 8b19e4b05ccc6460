package memkv

import (
	"github.com/tidwall/btree"

	"github.com/restante/restante/kv"
)

// snapshot is a partition's state, which nobody changes.
type snapshot struct {
	store     *Store
	partition kv.Partition
	state     *state
	closed    bool
}

func (s *snapshot) check() error {
	if s.closed || s.store.closed.Load() {
		return kv.ErrClosed
	}
	return nil
}

func (s *snapshot) Version() kv.Version { return s.state.version }

func (s *snapshot) Get(key, dst []byte) ([]byte, error) {
	if err := s.check(); err != nil {
		return dst, err
	}
	if err := s.store.readFault(s.partition, key); err != nil {
		return dst, err
	}
	value, ok := s.state.rows.Get(string(key))
	if !ok {
		return dst, kv.ErrNotFound
	}
	return append(dst, value...), nil
}

func (s *snapshot) Scan(start, end []byte) kv.Iterator {
	return &iterator{snap: s, rows: s.state.rows.Iter(), start: string(start), end: string(end), bounded: end != nil}
}

func (s *snapshot) Close() error {
	s.closed = true
	return nil
}

// position is where an iterator stands when it is not on a key.
type position uint8

const (
	before position = iota
	on
	after
)

type iterator struct {
	snap       *snapshot
	rows       btree.MapIter[string, []byte]
	start, end string
	bounded    bool // end counts
	at         position
	key        []byte
	closed     bool
	err        error
}

// settle takes the outcome of a move of rows. beyond is where the iterator
// stands when it has left the range.
func (it *iterator) settle(ok bool, beyond position) bool {
	if ok && (it.rows.Key() < it.start || it.bounded && it.rows.Key() >= it.end) {
		ok = false
	}
	if !ok {
		it.at = beyond
		return false
	}
	it.at = on
	it.key = append(it.key[:0], it.rows.Key()...)
	if it.err = it.snap.store.readFault(it.snap.partition, it.key); it.err != nil {
		it.at = after
		return false
	}
	return true
}

// usable reports whether a move can be tried.
func (it *iterator) usable() bool {
	if it.err == nil {
		it.err = it.snap.check()
	}
	if it.err == nil && it.closed {
		it.err = kv.ErrClosed
	}
	return it.err == nil
}

func (it *iterator) Next() bool {
	if !it.usable() {
		return false
	}
	switch it.at {
	case before:
		return it.settle(it.rows.Seek(it.start), after)
	case on:
		return it.settle(it.rows.Next(), after)
	default:
		return false
	}
}

func (it *iterator) Prev() bool {
	if !it.usable() {
		return false
	}
	switch it.at {
	case after:
		return it.last()
	case on:
		return it.settle(it.rows.Prev(), before)
	default:
		return false
	}
}

// last moves to the range's last key.
func (it *iterator) last() bool {
	if it.bounded {
		return it.seekBefore(it.end)
	}
	return it.settle(it.rows.Last(), before)
}

func (it *iterator) seekBefore(key string) bool {
	if it.rows.Seek(key) {
		return it.settle(it.rows.Prev(), before)
	}
	return it.settle(it.rows.Last(), before)
}

func (it *iterator) SeekGE(key []byte) bool {
	if !it.usable() {
		return false
	}
	return it.settle(it.rows.Seek(max(string(key), it.start)), after)
}

func (it *iterator) SeekLT(key []byte) bool {
	if !it.usable() {
		return false
	}
	if key == nil || it.bounded && string(key) > it.end {
		return it.last()
	}
	return it.seekBefore(string(key))
}

func (it *iterator) Key() []byte {
	if it.at != on {
		return nil
	}
	return it.key
}

func (it *iterator) Value() []byte {
	if it.at != on || !it.usable() {
		return nil
	}
	return it.rows.Value()
}

func (it *iterator) Err() error { return it.err }

func (it *iterator) Close() error {
	it.closed = true
	it.at = after
	return it.err
}
