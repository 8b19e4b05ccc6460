package pgkv

import (
	"bytes"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/restante/restante/kv"
)

// A scan fetches rows in windows, which grow while it goes on and their rows are
// small, so that a long scan takes few round trips and a bounded piece of memory, and
// shrink while it seeks from place to place, so that it reads little for nothing.
const (
	firstWindow = 32   // rows
	leastWindow = 2    // rows
	mostWindow  = 2048 // rows
	smallWindow = 256 << 10
	largeWindow = 2 << 20 // bytes
)

// iterator is a scan of a snapshot: a window of neighbouring rows in rising
// order, and a place in it.
type iterator struct {
	snap       *snapshot
	start, end []byte
	rows       []row
	at         int    // index in rows: -1 before the range, len(rows) behind it
	first      bool   // no row of the range is before the window
	last       bool   // none is behind it
	size       int    // rows to ask for
	block      []byte // where the rows' bytes lie
	err        error
}

// row is a row of the window.
type row struct {
	key, value []byte
	parts      int16
}

// Scan implements kv.Snapshot.
func (s *snapshot) Scan(start, end []byte) kv.Iterator {
	if start == nil {
		start = []byte{}
	}
	return &iterator{snap: s, start: start, end: end, at: -1, first: true, size: firstWindow}
}

// Next implements kv.Iterator.
func (it *iterator) Next() bool {
	switch {
	case it.ended() || it.at >= len(it.rows):
		return false
	case it.at+1 < len(it.rows):
		it.at++
		return true
	case it.last:
		it.at = len(it.rows)
		return false
	case len(it.rows) == 0:
		return it.forward(it.start)
	}
	it.grow()
	return it.forward(append(bytes.Clone(it.rows[it.at].key), 0)) // the next key there can be
}

// Prev implements kv.Iterator.
func (it *iterator) Prev() bool {
	switch {
	case it.ended() || it.at < 0:
		return false
	case it.at > 0:
		it.at--
		return true
	case it.first:
		it.at = -1
		return false
	case len(it.rows) == 0:
		return it.backward(it.end)
	}
	it.grow()
	return it.backward(bytes.Clone(it.rows[0].key))
}

// SeekGE implements kv.Iterator. A key that is in the window costs no round trip.
func (it *iterator) SeekGE(key []byte) bool {
	if it.ended() {
		return false
	}
	if bytes.Compare(key, it.start) < 0 {
		key = it.start
	}
	if len(it.rows) > 0 && (it.first || bytes.Compare(key, it.rows[0].key) >= 0) {
		i, _ := slices.BinarySearchFunc(it.rows, key, func(r row, k []byte) int { return bytes.Compare(r.key, k) })
		if i < len(it.rows) || it.last {
			it.at = i
			return i < len(it.rows)
		}
	}
	it.size = max(it.size/4, leastWindow)
	return it.forward(bytes.Clone(key))
}

// SeekLT implements kv.Iterator.
func (it *iterator) SeekLT(key []byte) bool {
	if it.ended() {
		return false
	}
	if key == nil || it.end != nil && bytes.Compare(key, it.end) > 0 {
		key = it.end
	}
	it.size = max(it.size/4, leastWindow)
	return it.backward(bytes.Clone(key))
}

// ended reports whether the iterator can move no more: it met an error, or its
// snapshot is closed.
func (it *iterator) ended() bool {
	if it.err == nil && it.snap.closed.Load() {
		it.err = kv.ErrClosed
	}
	return it.err != nil
}

// forward makes the window the rows from key on and stands on its first.
func (it *iterator) forward(key []byte) bool {
	asked := it.size
	if it.end == nil {
		it.fetch(sqlForward, it.snap.partition, key, asked)
	} else {
		it.fetch(sqlForwardTo, it.snap.partition, key, asked, it.end)
	}
	it.first, it.last = bytes.Compare(key, it.start) <= 0, len(it.rows) < asked
	it.at = 0
	return it.err == nil && len(it.rows) > 0
}

// backward makes the window the rows before key, nil for the last ones there
// are, and stands on its last.
func (it *iterator) backward(key []byte) bool {
	asked := it.size
	if key == nil {
		it.fetch(sqlBackward, it.snap.partition, it.start, asked)
	} else {
		it.fetch(sqlBackFrom, it.snap.partition, it.start, asked, key)
	}
	slices.Reverse(it.rows)
	it.first = len(it.rows) < asked
	it.last = len(it.rows) > 0 && (key == nil || it.end != nil && bytes.Compare(key, it.end) >= 0)
	it.at = len(it.rows) - 1
	return it.err == nil && len(it.rows) > 0
}

// grow makes the next window of a scan that goes on larger, unless this one has
// much already.
func (it *iterator) grow() {
	total := 0
	for i := range it.rows {
		total += len(it.rows[i].key) + len(it.rows[i].value)
	}
	switch {
	case total > largeWindow:
		it.size = max(it.size/4, leastWindow)
	case total < smallWindow:
		it.size = min(it.size*4, mostWindow)
	}
}

// fetch reads a window.
func (it *iterator) fetch(sql string, args ...any) {
	it.err = it.snap.read(func(ctx context.Context, c *pgx.Conn) error {
		it.rows, it.block = it.rows[:0], it.block[:0]
		rows, err := c.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key, value pgtype.DriverBytes
			var r row
			if err := rows.Scan(&key, &value, &r.parts); err != nil {
				return err
			}
			r.key, r.value = it.keep(key), it.keep(value)
			it.rows = append(it.rows, r)
		}
		return rows.Err()
	})
	if it.err != nil {
		it.rows = it.rows[:0]
	}
}

// keep copies b into the window's memory. What was kept before stays where it is.
func (it *iterator) keep(b []byte) []byte {
	if cap(it.block)-len(it.block) < len(b) {
		it.block = make([]byte, 0, max(2*cap(it.block), len(b), 4<<10))
	}
	n := len(it.block)
	it.block = append(it.block, b...)
	return it.block[n:len(it.block):len(it.block)]
}

// Key implements kv.Iterator.
func (it *iterator) Key() []byte {
	if !it.valid() {
		return nil
	}
	return it.rows[it.at].key
}

// valid reports whether the iterator stands on a row.
func (it *iterator) valid() bool { return it.at >= 0 && it.at < len(it.rows) }

// Value implements kv.Iterator. A value of many pieces is read on.
func (it *iterator) Value() []byte {
	if !it.valid() {
		return nil
	}
	r := &it.rows[it.at]
	if r.parts <= joinedParts {
		return r.value
	}
	var whole []byte
	err := it.snap.read(func(ctx context.Context, c *pgx.Conn) (err error) {
		whole, err = it.snap.appendParts(ctx, c, r.key, bytes.Clone(r.value))
		return err
	})
	if err != nil {
		it.err = err
		return nil
	}
	r.value, r.parts = whole, 0
	return whole
}

// Err implements kv.Iterator.
func (it *iterator) Err() error { return it.err }

// Close implements kv.Iterator.
func (it *iterator) Close() error {
	err := it.err
	it.rows, it.at, it.err = nil, 0, kv.ErrClosed
	return err
}
