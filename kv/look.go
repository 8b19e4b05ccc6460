package kv

import (
	"bytes"
	"context"
	"errors"
)

// Range is the keys from Start on and before End, neither of which is nil.
type Range struct{ Start, End []byte }

// Row is a key with its value. Key is nil where there is none.
type Row struct{ Key, Value []byte }

// Looker is an engine to which a few rows of one moment cost less than a
// Snapshot.
type Looker interface {
	// Look answers the first row of each range, and the version, all of one
	// moment.
	Look(ctx context.Context, p Partition, ranges []Range) ([]Row, Version, error)
}

// First answers what a Looker does, of any engine.
func First(ctx context.Context, s Store, p Partition, ranges []Range) ([]Row, Version, error) {
	if l, ok := s.(Looker); ok {
		return l.Look(ctx, p, ranges)
	}
	snap, err := s.Snapshot(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	rows, err := FirstRows(snap, ranges)
	return rows, snap.Version(), errors.Join(err, snap.Close())
}

// Only answers the range of one key.
func Only(key []byte) Range {
	return Range{Start: key, End: append(key[:len(key):len(key)], 0)}
}

// FirstRows answers the first row that a snapshot has in each range.
func FirstRows(s Snapshot, ranges []Range) (rows []Row, err error) {
	rows = make([]Row, len(ranges))
	var it Iterator // nil until needed: one key alone is got at less cost
	for i, r := range ranges {
		if r.only() {
			value, err := s.Get(r.Start, []byte{})
			switch {
			case err == nil:
				rows[i] = Row{Key: r.Start, Value: value}
			case !errors.Is(err, ErrNotFound):
				return nil, errors.Join(err, closeIfAny(it))
			}
			continue
		}
		if it == nil {
			it = s.Scan(around(ranges))
		}
		if it.SeekGE(r.Start) && bytes.Compare(it.Key(), r.End) < 0 {
			rows[i] = Row{Key: bytes.Clone(it.Key()), Value: bytes.Clone(it.Value())}
		}
		if it.Err() != nil {
			break
		}
	}
	return rows, closeIfAny(it)
}

func closeIfAny(it Iterator) error {
	if it == nil {
		return nil
	}
	return it.Close()
}

// only reports whether the range is that of one key.
func (r Range) only() bool {
	n := len(r.Start)
	return len(r.End) == n+1 && r.End[n] == 0 && bytes.Equal(r.End[:n], r.Start)
}

// around answers bounds that hold all the ranges.
func around(ranges []Range) (start, end []byte) {
	start, end = ranges[0].Start, ranges[0].End
	for _, r := range ranges[1:] {
		if bytes.Compare(r.Start, start) < 0 {
			start = r.Start
		}
		if bytes.Compare(r.End, end) > 0 {
			end = r.End
		}
	}
	return start, end
}
