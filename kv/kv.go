// Package kv is the storage contract: partitions of ordered keys with a
// version each, changed by compare-and-swap. It is all that the mailstore asks
// of a database, so that anything which can swap one partition atomically can
// be an engine. kv/kvtest holds the suite that every engine passes.
package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
)

// Partition names an ordered map from bytes to bytes that changes as one.
// Values fit in 63 bits.
type Partition uint64

// MaxPartition is the last partition that engines accept.
const MaxPartition Partition = 1<<63 - 1

// Validate answers an error of kind restante.ErrInvalid for a partition above
// MaxPartition.
func (p Partition) Validate() error {
	if p > MaxPartition {
		return fmt.Errorf("kv: partition %d is over 63 bits: %w", uint64(p), restante.ErrInvalid)
	}
	return nil
}

// Version counts the commits of a partition; 0 means that it was never
// committed to.
type Version uint64

// Bounds that every engine accepts.
const (
	MaxKey   = 1 << 10  // bytes in a key; keys are not empty
	MaxValue = 16 << 20 // bytes in a value
)

// Durability says when Commit may return.
type Durability uint8

const (
	// Durable commits are on stable storage before Commit returns.
	Durable Durability = iota
	// Relaxed commits survive a crash of the process once Commit has
	// returned, and a power cut within 50 ms after. An engine that can lose
	// them, and then gives their versions out again, has a method
	// UncleanOpens() uint64 that counts how often it may have.
	Relaxed
)

var (
	// ErrConflict is what Commit answers when the partition is no longer at
	// the base version. Nothing was written: read again, compute again.
	ErrConflict = errors.New("kv: partition has changed")
	// ErrClosed is what a closed store answers.
	ErrClosed = errors.New("kv: store is closed")
	// ErrNotFound is what Get answers for a key that is not there.
	ErrNotFound = fmt.Errorf("kv: key %w", restante.ErrNotFound)
	// ErrNoSpace is what Commit answers when the disk is (nearly) full.
	// Nothing was written. Batches that make room (Batch.MayUseReserve) are
	// taken longer than others, so that it can be made.
	ErrNoSpace = fmt.Errorf("kv: %w", restante.ErrNoSpace)
	// ErrLocked is what opening answers when another process holds the store.
	ErrLocked = errors.New("kv: store is in use by another process")
	// ErrNewerSchema is what opening answers for a store that a newer
	// program has written.
	ErrNewerSchema = errors.New("kv: store was written by a newer version")
	// ErrCorrupt wraps damage that the engine has found.
	ErrCorrupt = fmt.Errorf("kv: %w", restante.ErrCorrupt)
)

// Store is a storage engine. All methods may be called concurrently.
type Store interface {
	// Snapshot opens a consistent view of a partition as it is now. A
	// partition that was never committed to is empty, at version 0. The
	// caller closes the snapshot; it keeps old data alive until then.
	Snapshot(ctx context.Context, p Partition) (Snapshot, error)

	// Commit applies all of the batch or nothing, and only if the partition
	// is still at base; otherwise it answers ErrConflict. It returns the new
	// version, base+1. An empty batch also makes a new version. After any
	// error but ErrConflict and ErrNoSpace the outcome is as if the process
	// had crashed: all or nothing, the next Snapshot tells.
	//
	// A Durable commit takes the partition's earlier Relaxed ones along: they are
	// on stable storage too when it returns.
	Commit(ctx context.Context, p Partition, base Version, b *Batch, d Durability) (Version, error)

	// Watch tells of partitions that were committed to through another Store
	// value (another node), until ctx ends; then the channel is closed. An
	// engine with a single writer never tells anything.
	Watch(ctx context.Context) (<-chan Change, error)

	// Partitions calls f for every partition with a version above 0, in
	// rising order, until f answers an error, which it returns.
	Partitions(ctx context.Context, f func(Partition, Version) error) error

	// Flush puts every Relaxed commit so far on stable storage.
	Flush(ctx context.Context) error

	// Close flushes and releases the store. Open snapshots become invalid.
	Close() error
}

// Change tells that some other node has committed to a partition.
type Change struct {
	Partition Partition
	Version   Version
	Lost      bool // changes may have been missed: any partition may have changed
}

// Snapshot is a partition at one moment. It may be used by one goroutine at a
// time.
type Snapshot interface {
	// Version is the partition's version at that moment.
	Version() Version
	// Get appends the value of key to dst and returns the extended slice, or
	// ErrNotFound.
	Get(key, dst []byte) ([]byte, error)
	// Scan iterates over the keys in [start, end) in byte order, or backwards
	// from SeekLT(nil) with Prev; a nil start or end is no bound. The bounds
	// must not change until the iterator is closed.
	Scan(start, end []byte) Iterator
	// Close releases the snapshot and its iterators.
	Close() error
}

// Iterator walks over a key range. It starts before the first key. Key and
// Value are valid until the next move.
//
//	it := snap.Scan(start, end)
//	defer it.Close()
//	for it.Next() {
//		... it.Key(), it.Value()
//	}
//	return it.Err()
type Iterator interface {
	// Next moves to the next key, at first to the range's first. Once it has
	// answered false without an error, Prev moves to the range's last key.
	Next() bool
	// SeekGE moves to the first key at or after key. Seeking forward by
	// little is about as cheap as Next.
	SeekGE(key []byte) bool
	// SeekLT moves to the last key before key, or to the range's last key for
	// nil; Prev goes on from there.
	SeekLT(key []byte) bool
	// Prev moves to the key before. Before the first key, where an iterator
	// starts, it answers false, and Next moves to the first.
	Prev() bool
	// Key is the current key.
	Key() []byte
	// Value reads the current value. An error is also kept for Err.
	Value() []byte
	// Err is the first error met, nil at the range's end.
	Err() error
	// Close releases the iterator and answers Err.
	Close() error
}
