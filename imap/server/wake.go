package server

import (
	"sync"
	"time"
)

// longAgo as a read deadline makes a blocked read return at once.
var longAgo = time.Unix(1, 0)

// wakeup lets other goroutines end a session's read: the notifier, when its
// mailbox changed during IDLE, and the server, when it shuts down. The request
// is kept until [wakeup.take], so that one made between two reads is not lost,
// and it moves the read deadline only while the session is blocked, so that it
// cannot spoil a read in the middle of a command.
//
// The lock orders the two writers of the deadline: the session sets it in
// block, others in wake. Whichever comes second knows of the first.
type wakeup struct {
	conn interface{ SetReadDeadline(time.Time) error }
	mu   struct {
		sync.Mutex
		blocked bool
		due     bool
	}
}

// wake asks for the session's attention. It does not block.
func (w *wakeup) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.due = true
	if w.mu.blocked {
		// A connection that cannot be woken is closed, and its read returns anyway.
		_ = w.conn.SetReadDeadline(longAgo)
	}
}

// block is called before a read that may be woken; until is its deadline. False
// means that a request waits already: take it instead.
func (w *wakeup) block(until time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.due || w.conn.SetReadDeadline(until) != nil {
		return false
	}
	w.mu.blocked = true
	return true
}

// unblock is called after that read.
func (w *wakeup) unblock() {
	w.mu.Lock()
	w.mu.blocked = false
	w.mu.Unlock()
}

// take reports whether there was a request since the last call.
func (w *wakeup) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := w.mu.due
	w.mu.due = false
	return due
}
