package mailstore

import (
	"testing"
	"time"
)

// TestRun goes through changes at given moments: a break is due after a long row of them,
// as long as commits take, and not where others had one anyway.
func TestRun(t *testing.T) {
	var r run
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// commit makes changes of such length one after the other until a break is due.
	commit := func(took, gap time.Duration, most int) (n int, pause time.Duration) {
		for range most {
			if pause = r.due(now); pause > 0 {
				now = now.Add(pause)
				return n, pause
			}
			r.note(now, now.Add(took))
			now = now.Add(took + gap)
			n++
		}
		return n, 0
	}
	for _, step := range []struct {
		took, gap time.Duration
		most, n   int
		pause     time.Duration
	}{
		{time.Millisecond, 0, 1000, 100, 4 * time.Millisecond},
		{time.Millisecond, time.Millisecond, 1000, 50, 4 * time.Millisecond},
		{time.Millisecond, 4 * time.Millisecond, 1000, 1000, 0},
		{10 * time.Microsecond, 0, 100_000, 10_000, 2 * time.Millisecond},
		{time.Second, 0, 1000, 1, 50 * time.Millisecond},
	} {
		if n, pause := commit(step.took, step.gap, step.most); n != step.n || pause != step.pause {
			t.Errorf("commits of %v every %v: %d, then a break of %v, want %d and %v", step.took, step.took+step.gap, n, pause, step.n, step.pause)
		}
		now = now.Add(time.Minute)
	}
}
