package kv

import "context"

// Importer is an engine into which partitions can be copied with their
// versions. It is for filling a store that nobody else has open and that was
// not committed to since it was opened: an import tells no Watch, and what a
// Relaxed commit has left behind may come back over it after a power cut.
type Importer interface {
	Store

	// Import is a Durable Commit that makes the partition's version the one
	// that it is told, higher or lower than base. Version 0 forgets the
	// partition: all its rows go, whatever the batch says, and Partitions no
	// longer names it.
	Import(ctx context.Context, p Partition, base, version Version, b *Batch) error
}

// ImportBatch answers the batch that an engine applies for an Import: the one that
// it was given, or for version 0 one that removes all rows.
func ImportBatch(version Version, b *Batch) *Batch {
	if version == 0 {
		b = new(Batch)
		b.DeleteRange(nil, nil)
	}
	return b
}
