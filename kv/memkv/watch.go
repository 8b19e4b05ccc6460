package memkv

import (
	"context"
	"sync"

	"github.com/restante/restante/kv"
)

// maxPending bounds what is kept for a watcher that does not read: with more
// partitions than that it is told that changes are lost.
const maxPending = 4096

// watcher collects changes between the committers, who must not wait, and a
// reader. Several changes of one partition become one.
type watcher struct {
	store  *Store
	cancel context.CancelFunc
	wake   chan struct{} // holds one token while something is pending
	mu     struct {
		sync.Mutex
		pending map[kv.Partition]kv.Version
		lost    bool
	}
}

func (w *watcher) tell(p kv.Partition, v kv.Version) {
	w.mu.Lock()
	if len(w.mu.pending) >= maxPending {
		clear(w.mu.pending)
		w.mu.lost = true
	}
	w.mu.pending[p] = v
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take answers what has been told since the last call.
func (w *watcher) take() (changes []kv.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.lost {
		changes = append(changes, kv.Change{Lost: true})
		w.mu.lost = false
	}
	for p, v := range w.mu.pending {
		changes = append(changes, kv.Change{Partition: p, Version: v})
	}
	clear(w.mu.pending)
	return changes
}

// Watch implements kv.Store: it tells of commits by other stores on the same
// backing.
func (s *Store) Watch(ctx context.Context) (<-chan kv.Change, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{store: s, cancel: cancel, wake: make(chan struct{}, 1)}
	w.mu.pending = make(map[kv.Partition]kv.Version)
	s.backing.mu.Lock()
	s.backing.mu.watchers[w] = struct{}{}
	s.backing.mu.Unlock()
	changes := make(chan kv.Change)
	go w.run(ctx, changes)
	return changes, nil
}

func (w *watcher) run(ctx context.Context, changes chan<- kv.Change) {
	defer close(changes)
	defer w.cancel()
	defer func() {
		b := w.store.backing
		b.mu.Lock()
		delete(b.mu.watchers, w)
		b.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		for _, c := range w.take() {
			select {
			case <-ctx.Done():
				return
			case changes <- c:
			}
		}
	}
}
