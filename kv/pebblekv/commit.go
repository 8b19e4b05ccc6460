package pebblekv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

// maxRelaxed is the size of a Relaxed batch above which it is synced at once:
// writing it to both logs would cost more than the sync.
const maxRelaxed = 256 << 10

// Commit implements kv.Store.
func (s *Store) Commit(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	return s.commit(ctx, p, base, base+1, b, d)
}

// commit is Commit to any version, 0 for none.
func (s *Store) commit(ctx context.Context, p kv.Partition, base, next kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	b, err := kv.CheckCommit(p, b)
	if err != nil {
		return 0, err
	}
	if err := s.room.admit(b); err != nil {
		return 0, err
	}
	if err := s.backlog.wait(ctx, s.fs); err != nil {
		return 0, err
	}
	e := s.partitions.acquire(p)
	defer s.partitions.release(p, e)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.failed.get(); err != nil {
		return 0, err
	}
	if !e.loaded {
		v, err := readVersion(s.db, p)
		if err != nil {
			return 0, err
		}
		e.acked.Store(uint64(v))
		e.loaded = true
	}
	if e.acked.Load() != uint64(base) {
		return 0, kv.ErrConflict
	}
	if err := s.apply(p, next, b, d); err != nil {
		e.loaded = false // it may be there or not
		e.doubt.Store(s.failed.get() != nil)
		return 0, err
	}
	e.acked.Store(uint64(next))
	s.commits.Add(1)
	s.reclaim.note(p, b)
	return next, nil
}

// apply writes the batch and the partition's new version as one Pebble batch.
func (s *Store) apply(p kv.Partition, next kv.Version, b *kv.Batch, d kv.Durability) error {
	pb := s.db.NewBatchWithSize(b.Size() + len(b.Ops())*(partitionLen+12) + 64)
	if err := fill(pb, p, next, b); err != nil {
		return errors.Join(err, pb.Close())
	}
	relaxed := d == kv.Relaxed && !s.syncAll && pb.Len() <= maxRelaxed
	var err error
	if relaxed {
		err = s.relaxed.commit(p, next, pb)
	} else {
		err = pb.Commit(pebble.Sync)
	}
	if err == nil {
		err = s.failed.get() // of which Pebble knows nothing
	}
	err = errors.Join(err, pb.Close())
	if err != nil {
		return fmt.Errorf("pebblekv: commit to partition %d: %w", p, wrap(err))
	}
	return nil
}

// fill translates the batch's operations, and sets the version next.
func fill(pb *pebble.Batch, p kv.Partition, next kv.Version, b *kv.Batch) error {
	ops := b.Ops()
	for i := range ops {
		op := &ops[i]
		var w *pebble.DeferredBatchOp
		switch op.Kind {
		case kv.OpSet:
			w = pb.SetDeferred(partitionLen+len(op.Key), len(op.Value))
			copy(w.Value, op.Value)
		case kv.OpDelete:
			if op.Size > 0 {
				w = pb.DeleteSizedDeferred(partitionLen+len(op.Key), uint32(min(op.Size, kv.MaxValue)))
			} else {
				w = pb.DeleteDeferred(partitionLen + len(op.Key))
			}
		case kv.OpDeleteRange:
			lower, upper := rowBounds(p, op.Key, op.Value)
			if string(lower) >= string(upper) {
				continue
			}
			if err := pb.DeleteRange(lower, upper, nil); err != nil {
				return err
			}
			continue
		}
		binary.BigEndian.PutUint64(w.Key, uint64(p))
		copy(w.Key[partitionLen:], op.Key)
		if err := w.Finish(); err != nil {
			return err
		}
	}
	if next == 0 {
		w := pb.DeleteDeferred(partitionLen)
		binary.BigEndian.PutUint64(w.Key, uint64(p)|versionBit)
		return w.Finish()
	}
	w := pb.SetDeferred(partitionLen, 8)
	binary.BigEndian.PutUint64(w.Key, uint64(p)|versionBit)
	binary.BigEndian.PutUint64(w.Value, uint64(next))
	return w.Finish()
}

// readVersion reads a partition's version; 0 if it was never committed to.
func readVersion(r pebble.Reader, p kv.Partition) (kv.Version, error) {
	key := versionKey(p)
	value, closer, err := r.Get(key[:])
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("pebblekv: version of partition %d: %w", p, wrap(err))
	}
	v, err := decodeVersion(value)
	return v, errors.Join(err, closer.Close())
}
