package kv

import "context"

// Place is a range of keys in a partition.
type Place struct {
	Partition Partition
	Range     Range
}

// PlacesLooker is an engine to which rows of several partitions cost less together
// than one by one.
type PlacesLooker interface {
	// LookAt answers the first row of each place, each of a moment within the call.
	LookAt(ctx context.Context, places []Place) ([]Row, error)
}

// FirstAt answers what a PlacesLooker does, of any engine.
func FirstAt(ctx context.Context, s Store, places []Place) ([]Row, error) {
	if l, ok := s.(PlacesLooker); ok {
		return l.LookAt(ctx, places)
	}
	rows := make([]Row, len(places))
	for i, at := range places {
		first, _, err := First(ctx, s, at.Partition, []Range{at.Range})
		if err != nil {
			return nil, err
		}
		rows[i] = first[0]
	}
	return rows, nil
}
