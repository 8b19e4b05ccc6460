package kv

import (
	"context"
	"sync"
)

// maxPending bounds what is kept for a watcher that does not read: with more
// partitions than that it is told that changes are lost.
const maxPending = 4096

// Watcher stands between those who hear of commits, who must not wait, and a
// reader of [Store.Watch]'s channel. Several changes of one partition become
// one. It is for engines; all methods may be called concurrently.
type Watcher struct {
	wake chan struct{} // holds one token while something is pending
	mu   struct {
		sync.Mutex
		pending map[Partition]Version
		lost    bool
	}
}

// NewWatcher answers a watcher to which nothing was told.
func NewWatcher() *Watcher {
	w := &Watcher{wake: make(chan struct{}, 1)}
	w.mu.pending = make(map[Partition]Version)
	return w
}

// Tell notes that a partition has reached a version. It does not block.
func (w *Watcher) Tell(p Partition, v Version) {
	w.mu.Lock()
	if len(w.mu.pending) >= maxPending {
		clear(w.mu.pending)
		w.mu.lost = true
	}
	w.mu.pending[p] = v
	w.mu.Unlock()
	w.rouse()
}

// TellLost notes that changes may have been missed. It does not block.
func (w *Watcher) TellLost() {
	w.mu.Lock()
	clear(w.mu.pending) // any partition may have changed, these too
	w.mu.lost = true
	w.mu.Unlock()
	w.rouse()
}

func (w *Watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take answers what was told since the last call.
func (w *Watcher) take() (changes []Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.lost {
		changes = append(changes, Change{Lost: true})
		w.mu.lost = false
	}
	for p, v := range w.mu.pending {
		changes = append(changes, Change{Partition: p, Version: v})
	}
	clear(w.mu.pending)
	return changes
}

// Run passes on what is told until ctx ends, then closes the channel.
func (w *Watcher) Run(ctx context.Context, changes chan<- Change) {
	defer close(changes)
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
