package auth

import (
	"runtime"
	"testing"
	"time"
)

// TestSettle sees memory collected once no more logins come, unless the heap is
// large for other reasons.
func TestSettle(t *testing.T) {
	forced := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumForcedGC
	}
	s := newSettler(Params{}, time.Hour)
	s.large, s.quiet = 1<<62, time.Nanosecond
	before := forced()
	s.used()
	for start := time.Now(); forced() == before; runtime.Gosched() {
		if time.Since(start) > time.Minute {
			t.Fatal("nothing was collected")
		}
	}
	s = newSettler(Params{}, time.Hour)
	s.large, before = 0, forced()
	if s.collect(); forced() != before {
		t.Error("a large heap was collected")
	}
}
