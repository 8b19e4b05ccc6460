package mailstore

import (
	"bytes"

	"github.com/restante/restante/kv"
)

// nearbyRows is how many rows are stepped over before a seek is cheaper. One
// message rarely has more chunks.
const nearbyRows = 3

// rowReader reads rows of one kind with one iterator.
type rowReader struct {
	kind byte
	it   kv.Iterator
	on   bool   // it stands on a row
	cur  []byte // the row's value, once read
}

// get answers the value of a key, valid until the next call; nil if there is
// no such row. Rows soon after the last one asked for are found without a seek.
// An iterator that met a damaged row is of no more use: the next call takes a
// new one, so that the rows around it can be read.
func (r *rowReader) get(snap kv.Snapshot, key []byte) (value []byte, err error) {
	defer func() {
		if err != nil {
			r.drop()
		}
	}()
	for steps := 0; r.on && steps <= nearbyRows; steps++ {
		order := bytes.Compare(r.it.Key(), key)
		if order == 0 {
			return r.value()
		}
		if order > 0 {
			break
		}
		r.cur = nil
		if r.on = r.it.Next(); !r.on && r.it.Err() != nil {
			r.drop() // the row it met may be another one
		}
	}
	if r.it == nil {
		r.it = snap.Scan(kindRange(r.kind))
	}
	r.cur = nil
	if r.on = r.it.SeekGE(key); r.on && bytes.Equal(r.it.Key(), key) {
		return r.value()
	}
	return nil, r.it.Err()
}

// drop ends the iterator. Its errors were told when they were met.
func (r *rowReader) drop() {
	if r.it != nil {
		_ = r.it.Close()
	}
	r.it, r.on, r.cur = nil, false, nil
}

func (r *rowReader) value() ([]byte, error) {
	if r.cur != nil {
		return r.cur, nil
	}
	r.cur = r.it.Value()
	if err := r.it.Err(); err != nil {
		return nil, err
	}
	if r.cur == nil {
		r.cur = []byte{}
	}
	return r.cur, nil
}
