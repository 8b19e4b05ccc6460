package auth

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// settler gives back what slow hashes have used once no more come. Each fills
// many megabytes that are garbage at once; a collection while one runs counts
// them as live and lets the heap grow to twice as much before the next. While
// people log in that is soon, but after the last login a quiet server would keep
// that room for minutes: the runtime collects every two, and gives back slowly.
type settler struct {
	quiet time.Duration // without a hash, before memory is collected
	large uint64        // a heap of so many octets is not collected: it would cost much and give little
	timer *time.Timer
}

// newSettler answers a settler for hashes that take as much memory as p says.
func newSettler(p Params, quiet time.Duration) *settler {
	s := &settler{quiet: quiet, large: 16 * uint64(p.withDefaults().Memory) << 10}
	s.timer = time.AfterFunc(quiet, s.collect)
	return s
}

// hashed notes that a slow hash has ended.
func (s *settler) hashed() { s.timer.Reset(s.quiet) }

func (s *settler) collect() {
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	if metrics.Read(goal); goal[0].Value.Uint64() < s.large {
		debug.FreeOSMemory()
	}
}
