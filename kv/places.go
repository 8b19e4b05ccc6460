package kv

import "context"

// Place is a range of keys in a partition.
type Place struct {
	Partition Partition
	Range     Range
}

// Found is a place's first row, and the version of its partition.
type Found struct {
	Row
	Version Version
}

// PlacesLooker is an engine to which rows of several partitions cost less together
// than one by one.
type PlacesLooker interface {
	// LookAt answers what is found at each place, each of a moment within the call.
	LookAt(ctx context.Context, places []Place) ([]Found, error)
}

// FirstAt answers what a PlacesLooker does, of any engine.
func FirstAt(ctx context.Context, s Store, places []Place) ([]Found, error) {
	if l, ok := s.(PlacesLooker); ok {
		return l.LookAt(ctx, places)
	}
	found := make([]Found, len(places))
	for i, at := range places {
		first, version, err := First(ctx, s, at.Partition, []Range{at.Range})
		if err != nil {
			return nil, err
		}
		found[i] = Found{Row: first[0], Version: version}
	}
	return found, nil
}
