package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// watcher keeps what a process writes and lets a test wait for a part of it.
type watcher struct {
	mu     sync.Mutex
	text   bytes.Buffer
	seen   int // up to where wait has found something
	change chan struct{}
}

func newWatcher() *watcher { return &watcher{change: make(chan struct{}, 1)} }

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	select {
	case w.change <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// wait returns when part has been written, after what it found before.
func (w *watcher) wait(t *testing.T, part string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		w.mu.Lock()
		i := strings.Index(w.text.String()[w.seen:], part)
		if i >= 0 {
			w.seen += i + len(part)
		}
		w.mu.Unlock()
		if i >= 0 {
			return
		}
		select {
		case <-w.change:
		case <-late.C:
			t.Fatalf("%q was not written:\n%s", part, w.String())
		}
	}
}
