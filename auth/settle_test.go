package auth

import (
	"testing"
	"time"
)

// TestSettle sees memory collected once no more logins come, unless the heap is
// large for other reasons or the last collection is not long ago.
func TestSettle(t *testing.T) {
	freed := make(chan struct{}, 8)
	s := newSettler(Params{}, time.Hour)
	s.heap, s.free = func() uint64 { return s.large - 1 }, func() { freed <- struct{}{} }
	s.quiet = time.Nanosecond
	s.used()
	<-freed

	s.mu.Lock() // the collection has noted when the next may be
	s.mu.rest = time.Now().Add(time.Hour)
	s.mu.Unlock()
	if s.collect(); len(freed) != 0 {
		t.Error("collected again at once")
	}
	s.mu.rest = time.Time{}
	s.heap = func() uint64 { return s.large }
	if s.collect(); len(freed) != 0 {
		t.Error("a large heap was collected")
	}
	s.heap = func() uint64 { return s.large - 1 }
	if s.collect(); len(freed) != 1 {
		t.Error("not collected after the rest")
	}
}

// TestHeapGoal sees that the runtime still tells how large the heap may become.
func TestHeapGoal(t *testing.T) {
	if goal := heapGoal(); goal == 0 || goal > 1<<40 {
		t.Errorf("the heap may take %d octets", goal)
	}
}
