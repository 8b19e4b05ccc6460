package pgkv

import (
	"context"
	"sync"

	"github.com/restante/restante/kv"
)

// turns lets one at a time into a partition.
type turns struct {
	mu struct {
		sync.Mutex
		inside map[kv.Partition]*turn
	}
}

// turn is a partition that somebody is in or waits for.
type turn struct {
	token chan struct{} // holds one while nobody is in
	users int           // inside and waiting
}

func (t *turns) init() { t.mu.inside = make(map[kv.Partition]*turn) }

// enter waits until nobody else is in the partition, or for the context's end.
func (t *turns) enter(ctx context.Context, p kv.Partition) error {
	t.mu.Lock()
	own := t.mu.inside[p]
	if own == nil {
		own = &turn{token: make(chan struct{}, 1)}
		own.token <- struct{}{}
		t.mu.inside[p] = own
	}
	own.users++
	t.mu.Unlock()
	select {
	case <-own.token:
		return nil
	case <-ctx.Done():
		t.forget(p, own)
		return ctx.Err()
	}
}

// leave lets the next one in.
func (t *turns) leave(p kv.Partition) {
	t.mu.Lock()
	own := t.mu.inside[p]
	t.mu.Unlock()
	own.token <- struct{}{}
	t.forget(p, own)
}

func (t *turns) forget(p kv.Partition, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(t.mu.inside, p)
	}
}
