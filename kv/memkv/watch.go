package memkv

import (
	"context"

	"github.com/restante/restante/kv"
)

// watcher is one Watch of a store.
type watcher struct {
	*kv.Watcher
	store  *Store
	cancel context.CancelFunc
}

// Watch implements kv.Store: it tells of commits by other stores on the same
// backing.
func (s *Store) Watch(ctx context.Context) (<-chan kv.Change, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{Watcher: kv.NewWatcher(), store: s, cancel: cancel}
	s.backing.mu.Lock()
	s.backing.mu.watchers[w] = struct{}{}
	s.backing.mu.Unlock()
	changes := make(chan kv.Change)
	go func() {
		defer cancel()
		defer w.forget()
		w.Run(ctx, changes)
	}()
	return changes, nil
}

// forget ends that commits are told to the watcher.
func (w *watcher) forget() {
	b := w.store.backing
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.mu.watchers, w)
}
