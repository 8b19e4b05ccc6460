package migrate

import (
	"bytes"
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// A partition whose copy is under way has the source's version with one of
// these bits: begun from nothing, so that what is there is the beginning of what
// shall be, or from an older copy.
const (
	newCopy   kv.Version = 1 << 62
	olderCopy kv.Version = 1<<62 | 1<<61
	// tooHigh is above all versions that a store can come to.
	tooHigh kv.Version = 1 << 61
)

// Bounds of one commit to the target.
const (
	batchBytes = 4 << 20
	batchRows  = 20_000
)

// copy makes a partition of the target what it is in the source.
func (m *Migration) copy(ctx context.Context, p kv.Partition) error {
	source, err := m.options.Source.Snapshot(ctx, p)
	if err != nil {
		return &sourceError{err}
	}
	defer source.Close()
	target, err := m.options.Target.Snapshot(ctx, p)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	defer target.Close()
	if source.Version() == target.Version() {
		return nil
	}
	return m.copyRows(ctx, p, source, target)
}

// copyRows writes what a partition's copy lacks.
func (m *Migration) copyRows(ctx context.Context, p kv.Partition, source, target kv.Snapshot) error {
	from, to := source.Version(), target.Version()
	if from >= tooHigh {
		return fmt.Errorf("version %d: %w", from, restante.ErrCorrupt)
	}
	if from == 0 {
		if err := m.options.Target.Import(ctx, p, to, 0, nil); err != nil {
			return fmt.Errorf("target: %w", err)
		}
		return nil
	}
	w := writer{ctx: ctx, m: m, partition: p, at: to, partial: olderCopy | from}
	var start []byte
	var there kv.Iterator
	switch to {
	case 0:
		w.partial = newCopy | from
	case newCopy | from:
		w.partial = to
		last := target.Scan(nil, nil)
		if last.SeekLT(nil) {
			start = append(bytes.Clone(last.Key()), 0) // the next key there can be
		}
		if err := last.Close(); err != nil {
			return fmt.Errorf("target: %w", err)
		}
	default:
		there = target.Scan(nil, nil)
		defer there.Close()
	}
	rows := source.Scan(start, nil)
	defer rows.Close()
	if err := diff(rows, there, &m.progress, &w); err != nil {
		return err
	}
	if err := w.commit(from); err != nil {
		return err
	}
	m.result.copied.Add(1)
	return nil
}

// writer gathers changes of a partition of the target.
type writer struct {
	ctx       context.Context
	m         *Migration
	partition kv.Partition
	at        kv.Version // of the target
	partial   kv.Version // while it is not whole
	batch     kv.Batch
}

func (w *writer) set(key, value []byte) error {
	w.batch.Set(bytes.Clone(key), bytes.Clone(value))
	return w.commitFull()
}

func (w *writer) remove(key []byte, size int) error {
	w.batch.Delete(bytes.Clone(key), size)
	return w.commitFull()
}

func (w *writer) commitFull() error {
	if w.batch.Size() < w.m.options.batch && len(w.batch.Ops()) < batchRows {
		return nil
	}
	return w.commit(w.partial)
}

func (w *writer) commit(version kv.Version) error {
	if err := w.m.options.Target.Import(w.ctx, w.partition, w.at, version, &w.batch); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	w.at = version
	w.batch.Reset()
	return nil
}

// compare reads a partition on both sides. A copy that has the source's version
// and other rows is mended and compared again; one of another version is left to
// the next round.
func (m *Migration) compare(ctx context.Context, p kv.Partition) error {
	if m.damaged.has(p) {
		return nil
	}
	for mended := false; ; mended = true {
		rows, size, equal, err := m.compareOnce(ctx, p, !mended)
		if err != nil {
			return err
		}
		if equal {
			m.result.rows.Add(rows)
			m.result.bytes.Add(size)
			return nil
		}
		if mended {
			return fmt.Errorf("target does not keep what was written to it: %w", restante.ErrCorrupt)
		}
		m.log.Warn("copy differs from its source and was mended", "partition", uint64(p))
		m.result.mended.Add(1)
	}
}

// compareOnce answers whether there is nothing to mend, and mends it if asked to.
func (m *Migration) compareOnce(ctx context.Context, p kv.Partition, mend bool) (rows, size int64, equal bool, err error) {
	source, err := m.options.Source.Snapshot(ctx, p)
	if err != nil {
		return 0, 0, false, &sourceError{err}
	}
	defer source.Close()
	target, err := m.options.Target.Snapshot(ctx, p)
	if err != nil {
		return 0, 0, false, fmt.Errorf("target: %w", err)
	}
	defer target.Close()
	if source.Version() != target.Version() {
		return 0, 0, true, nil
	}
	ours, theirs := source.Scan(nil, nil), target.Scan(nil, nil)
	defer ours.Close()
	defer theirs.Close()
	var differences counter
	var own progress
	err = diff(ours, theirs, &own, &differences)
	m.rows.Add(own.rows.Load())
	m.bytes.Add(own.bytes.Load())
	if err == nil && differences > 0 && mend {
		err = m.copyRows(ctx, p, source, target)
	}
	return own.rows.Load(), own.bytes.Load(), differences == 0, err
}

// counter counts differences and makes none good.
type counter int64

func (c *counter) set(_, _ []byte) error        { *c++; return nil }
func (c *counter) remove(_ []byte, _ int) error { *c++; return nil }
