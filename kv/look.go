package kv

import (
	"bytes"
	"context"
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

// FirstRows answers the first row that a snapshot has in each range.
func FirstRows(s Snapshot, ranges []Range) ([]Row, error) {
	rows := make([]Row, len(ranges))
	if len(ranges) == 0 {
		return rows, nil
	}
	start, end := ranges[0].Start, ranges[0].End
	for _, r := range ranges[1:] {
		if bytes.Compare(r.Start, start) < 0 {
			start = r.Start
		}
		if bytes.Compare(r.End, end) > 0 {
			end = r.End
		}
	}
	it := s.Scan(start, end)
	for i, r := range ranges {
		if it.SeekGE(r.Start) && bytes.Compare(it.Key(), r.End) < 0 {
			rows[i] = Row{Key: bytes.Clone(it.Key()), Value: bytes.Clone(it.Value())}
		}
		if it.Err() != nil {
			break
		}
	}
	return rows, it.Close()
}
