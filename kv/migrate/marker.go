package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// marker is the partition that only a store has that is not whole yet: its row
// "from" names the source. No account can be expected to have its number, which
// is one of 2^63.
const marker = kv.MaxPartition - 1

// passing is the partition in which the nodes of a store find one another. It is
// about the nodes and not about what they keep, so it is not copied.
const passing = kv.Partition(restante.NodesPartition)

var markerKey = []byte("from")

// Unfinished answers an error of kind ErrUnfinished for a store into which
// another one is being copied. Programs ask before they use a store.
func Unfinished(ctx context.Context, store kv.Store) error {
	from, _, err := readMarker(ctx, store)
	if err != nil || from == "" {
		return err
	}
	return fmt.Errorf("%w (%s): let restante migrate finish it", ErrUnfinished, from)
}

// readMarker answers the source that the marker names, "" without one, and the
// marker's version.
func readMarker(ctx context.Context, store kv.Store) (string, kv.Version, error) {
	snap, err := store.Snapshot(ctx, marker)
	if err != nil {
		return "", 0, err
	}
	defer snap.Close()
	from, err := snap.Get(markerKey, nil)
	if errors.Is(err, kv.ErrNotFound) {
		err = nil
	}
	return string(from), snap.Version(), err
}

// begin looks whether this source may be copied into this target, and marks
// the target.
func (m *Migration) begin(ctx context.Context) error {
	if err := Unfinished(ctx, m.options.Source); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	from, version, err := readMarker(ctx, m.options.Target)
	switch {
	case err != nil:
		return fmt.Errorf("target: %w", err)
	case from == m.options.From:
		return nil
	case from != "":
		return fmt.Errorf("%w: %s", ErrOtherSource, from)
	case version > 0:
		return ErrNotEmpty
	}
	err = m.options.Target.Partitions(ctx, func(kv.Partition, kv.Version) error { return ErrNotEmpty })
	if err != nil {
		return err
	}
	b := new(kv.Batch)
	b.Set(markerKey, []byte(m.options.From))
	if err := m.options.Target.Import(ctx, marker, 0, 1, b); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

// finish takes the mark away: from now on the target is a store.
func (m *Migration) finish(ctx context.Context) error {
	if err := m.options.Target.Flush(ctx); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	_, version, err := readMarker(ctx, m.options.Target)
	if err == nil {
		err = m.options.Target.Import(ctx, marker, version, 0, nil)
	}
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

// unmarked is the target without the mark.
type unmarked struct{ kv.Store }

// Partitions implements kv.Store.
func (u unmarked) Partitions(ctx context.Context, f func(kv.Partition, kv.Version) error) error {
	return u.Store.Partitions(ctx, func(p kv.Partition, v kv.Version) error {
		if p == marker {
			return nil
		}
		return f(p, v)
	})
}
