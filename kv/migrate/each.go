package migrate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// each calls do for every partition that list names, several at a time. A
// partition of the source that is damaged is noted and passed over.
func (m *Migration) each(ctx context.Context, list func(context.Context, func(kv.Partition) error) error, do func(context.Context, kv.Partition) error) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan kv.Partition)
	group.Go(func() error {
		defer close(work)
		return list(ctx, func(p kv.Partition) error {
			select {
			case work <- p:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range m.options.Workers {
		group.Go(func() error {
			for p := range work {
				if err := m.one(ctx, p, do); err != nil {
					return fmt.Errorf("partition %d: %w", uint64(p), err)
				}
				m.done.Add(1)
			}
			return nil
		})
	}
	return group.Wait()
}

// Waits between attempts at a partition whose engine cannot be reached. The
// engines wait by themselves before they say so.
const (
	attempts  = 5
	firstWait = time.Second
)

// one calls do for a partition, again while an engine cannot be reached: do goes
// on where it was.
func (m *Migration) one(ctx context.Context, p kv.Partition, do func(context.Context, kv.Partition) error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := do(ctx, p)
		var source *sourceError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &source) && errors.Is(err, restante.ErrCorrupt):
			m.damaged.note(p, func() {
				m.result.unreadable.Add(1)
				m.log.Error("partition cannot be read, the others are copied", "partition", uint64(p), "error", err)
			})
			return nil
		case !errors.Is(err, restante.ErrUnavailable) || n == attempts || ctx.Err() != nil:
			return err
		}
		m.log.Warn("trying a partition again", "partition", uint64(p), "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait *= 2
	}
}

// damaged holds the partitions that cannot be read.
type damaged struct {
	mu sync.Mutex
	m  map[kv.Partition]struct{}
}

// note calls first if p was not noted before.
func (d *damaged) note(p kv.Partition, first func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.m[p]; known {
		return
	}
	if d.m == nil {
		d.m = make(map[kv.Partition]struct{})
	}
	d.m[p] = struct{}{}
	first()
}

func (d *damaged) has(p kv.Partition) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.m[p]
	return known
}

// changed answers the readable partitions that have not the same version on both
// sides, in rising order.
func (m *Migration) changed(ctx context.Context) ([]kv.Partition, error) {
	var changed []kv.Partition
	note := func(p kv.Partition) {
		if p != marker && p != passing && !m.damaged.has(p) {
			changed = append(changed, p)
		}
	}
	var listing error
	nextS, stopS := iter.Pull2(partitions(ctx, m.options.Source, &listing))
	defer stopS()
	nextT, stopT := iter.Pull2(partitions(ctx, m.options.Target, &listing))
	defer stopT()
	s, sv, sok := nextS()
	t, tv, tok := nextT()
	for sok || tok {
		switch {
		case !tok || sok && s < t:
			note(s)
			s, sv, sok = nextS()
		case !sok || t < s:
			note(t)
			t, tv, tok = nextT()
		default:
			if sv != tv {
				note(s)
			}
			s, sv, sok = nextS()
			t, tv, tok = nextT()
		}
	}
	return changed, listing
}

// partitions lists a store's partitions, until an error, which goes to *failed.
func partitions(ctx context.Context, store kv.Store, failed *error) iter.Seq2[kv.Partition, kv.Version] {
	stop := errors.New("stop")
	return func(yield func(kv.Partition, kv.Version) bool) {
		err := store.Partitions(ctx, func(p kv.Partition, v kv.Version) error {
			if !yield(p, v) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop && *failed == nil {
			*failed = err
		}
	}
}
