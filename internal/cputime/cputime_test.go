//go:build unix

package cputime

import (
	"testing"
	"time"
)

// TestOf: waiting is not computing.
func TestOf(t *testing.T) {
	sum := 0
	computed := Of(t, func() {
		for i := range 100_000_000 {
			sum ^= i
		}
	})
	if computed <= 0 {
		t.Errorf("computed %d in %v", sum, computed)
	}
	const wait = time.Second
	if waited := Of(t, func() { <-time.After(wait) }); waited >= wait {
		t.Errorf("waited for %v", waited)
	}
}
