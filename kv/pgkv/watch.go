package pgkv

import (
	"context"

	"github.com/restante/restante/kv"
)

// watch is one Watch of a store.
type watch struct {
	*kv.Watcher
	cancel context.CancelFunc
}

// Watch implements kv.Store: it tells of commits by other nodes.
func (s *Store) Watch(ctx context.Context) (<-chan kv.Change, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watch{Watcher: kv.NewWatcher(), cancel: cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		cancel()
		return nil, kv.ErrClosed
	}
	s.mu.watches[w] = struct{}{}
	changes := make(chan kv.Change)
	go func() {
		defer cancel()
		defer s.unwatch(w)
		w.Run(ctx, changes)
	}()
	return changes, nil
}

func (s *Store) unwatch(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.watches, w)
}

// tell passes on what another node did.
func (s *Store) tell(p kv.Partition, v kv.Version, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.mu.watches {
		if lost {
			w.TellLost()
		} else {
			w.Tell(p, v)
		}
	}
}
