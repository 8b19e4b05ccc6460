package auth

import (
	"runtime"
	"testing"
	"time"
)

// TestSettle sees memory collected once no more hashes come, unless the heap is
// large for other reasons.
func TestSettle(t *testing.T) {
	forced := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumForcedGC
	}
	s := newSettler(Params{}, time.Hour)
	s.large = 1 << 62
	before := forced()
	s.quiet = time.Nanosecond
	s.hashed()
	for start := time.Now(); forced() == before; runtime.Gosched() {
		if time.Since(start) > time.Minute {
			t.Fatal("nothing was collected")
		}
	}
	s.timer.Stop()
	s.large, before = 0, forced()
	if s.collect(); forced() != before {
		t.Error("a large heap was collected")
	}
}
