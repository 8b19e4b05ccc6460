package kv

import (
	"fmt"

	"github.com/restante/restante"
)

// OpKind is what an Op does.
type OpKind uint8

const (
	OpSet OpKind = iota
	OpDelete
	OpDeleteRange
)

// Op is one change of a Batch. Engines read it; callers use Batch's methods.
type Op struct {
	Kind  OpKind
	Key   []byte // OpDeleteRange: the first key
	Value []byte // OpSet: the value; OpDeleteRange: the end, not deleted; nil: no end
	Size  int    // OpDelete: about how many bytes the value had, 0 unknown
	New   bool   // OpSet: the key is not there yet, as far as the caller knows
}

// Batch collects changes, applied in order: a later one wins over an earlier
// one to the same key. The zero Batch is ready for use. Keys and values are
// not copied: they must not change until Commit has returned.
type Batch struct {
	ops     []Op
	size    int
	frees   int64
	reserve bool
}

// Set gives key a value.
func (b *Batch) Set(key, value []byte) {
	b.ops = append(b.ops, Op{Kind: OpSet, Key: key, Value: value})
	b.size += len(key) + len(value)
}

// Add is Set for a key that is not there yet, which engines can make use of. It does what
// Set does if the key is there all the same.
func (b *Batch) Add(key, value []byte) {
	b.Set(key, value)
	b.ops[len(b.ops)-1].New = true
}

// Delete removes key. size is about how many bytes its value has, so that the
// engine knows what compaction will win; 0 if unknown. A key that is not there
// is no error.
func (b *Batch) Delete(key []byte, size int) {
	b.ops = append(b.ops, Op{Kind: OpDelete, Key: key, Size: size})
	b.size += len(key)
	b.frees += int64(size)
}

// DeleteRange removes all keys in [start, end); nil is no bound. WillFree tells
// what compaction will win.
func (b *Batch) DeleteRange(start, end []byte) {
	b.ops = append(b.ops, Op{Kind: OpDeleteRange, Key: start, Value: end})
	b.size += len(start) + len(end)
}

// WillFree says that the ranges that the batch deletes have about so many bytes.
func (b *Batch) WillFree(bytes int64) { b.frees += bytes }

// Frees is about how many bytes of values the batch deletes, as far as is known.
func (b *Batch) Frees() int64 { return b.frees }

// Ops are the changes in order.
func (b *Batch) Ops() []Op { return b.ops }

// Size is the number of bytes that the batch's keys and values have.
func (b *Batch) Size() int { return b.size }

// UseReserve marks a batch that makes room, or leads to it, for all that it
// also sets: an engine takes it when the disk is too full for others.
func (b *Batch) UseReserve() { b.reserve = true }

// MayUseReserve reports whether the batch is marked so or has deletions and
// nothing else.
func (b *Batch) MayUseReserve() bool {
	if b.reserve {
		return true
	}
	for i := range b.ops {
		if b.ops[i].Kind == OpSet {
			return false
		}
	}
	return len(b.ops) > 0
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	clear(b.ops)
	b.ops, b.size, b.frees, b.reserve = b.ops[:0], 0, 0, false
}

// Validate answers an error of kind restante.ErrInvalid for a key or value
// outside the bounds that engines accept. Engines call it before they write.
func (b *Batch) Validate() error {
	for i := range b.ops {
		op := &b.ops[i]
		switch op.Kind {
		case OpSet:
			if len(op.Value) > MaxValue {
				return fmt.Errorf("kv: value of %d bytes is over %d: %w", len(op.Value), MaxValue, restante.ErrInvalid)
			}
			fallthrough
		case OpDelete:
			if len(op.Key) == 0 {
				return fmt.Errorf("kv: empty key: %w", restante.ErrInvalid)
			}
		case OpDeleteRange:
			if len(op.Value) > MaxKey {
				return fmt.Errorf("kv: range end of %d bytes is over %d: %w", len(op.Value), MaxKey, restante.ErrInvalid)
			}
		default:
			return fmt.Errorf("kv: operation %d is unknown: %w", op.Kind, restante.ErrInvalid)
		}
		if len(op.Key) > MaxKey {
			return fmt.Errorf("kv: key of %d bytes is over %d: %w", len(op.Key), MaxKey, restante.ErrInvalid)
		}
	}
	return nil
}

// CheckCommit answers the error with which every engine refuses the arguments of
// a Commit: of kind restante.ErrInvalid, for a partition or a batch outside the
// bounds. The batch that it answers is b, or an empty one for nil.
func CheckCommit(p Partition, b *Batch) (*Batch, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if b == nil {
		return new(Batch), nil
	}
	return b, b.Validate()
}
