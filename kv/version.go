package kv

import "context"

// Versioner is an engine to which a partition's version costs less than a
// Snapshot.
type Versioner interface {
	// Version answers the version that a Snapshot now would have.
	Version(ctx context.Context, p Partition) (Version, error)
}

// VersionOf answers the version that a partition has now, in the way that costs
// the engine least.
func VersionOf(ctx context.Context, s Store, p Partition) (Version, error) {
	if v, ok := s.(Versioner); ok {
		return v.Version(ctx, p)
	}
	snap, err := s.Snapshot(ctx, p)
	if err != nil {
		return 0, err
	}
	version := snap.Version()
	return version, snap.Close()
}
