package auth

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// settler gives back what logins have used once no more come. A slow hash fills many
// megabytes that are garbage at once, and the first commands of a session leave more
// than it keeps; a collection while a hash runs counts it as live and lets the heap
// grow to twice as much before the next. While people log in that is soon, but after
// the last login a quiet server would keep that room for minutes: the runtime
// collects every two, and gives back slowly.
type settler struct {
	quiet time.Duration // without a login, before memory is collected
	large uint64        // a heap of so many octets is not collected: it would cost much and give little
	heap  func() uint64 // how many octets the heap may take before the runtime collects by itself
	free  func()        // collects, and gives back what is free
	timer *time.Timer
	mu    struct {
		sync.Mutex
		rest time.Time // no collection before, so that they take a hundredth of the time
	}
}

// newSettler answers a settler for hashes that take as much memory as p says.
func newSettler(p Params, quiet time.Duration) *settler {
	s := &settler{
		quiet: quiet, large: 16 * uint64(p.withDefaults().Memory) << 10,
		heap: heapGoal, free: debug.FreeOSMemory,
	}
	s.timer = time.AfterFunc(quiet, s.collect)
	return s
}

// used notes that a login has ended.
func (s *settler) used() { s.timer.Reset(s.quiet) }

func (s *settler) collect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heap() >= s.large {
		return
	}
	start := time.Now()
	if wait := s.mu.rest.Sub(start); wait > 0 {
		s.timer.Reset(wait)
		return
	}
	s.free()
	end := time.Now()
	s.mu.rest = end.Add(100 * end.Sub(start))
}

func heapGoal() uint64 {
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(goal)
	return goal[0].Value.Uint64()
}
