//go:build unix

// Package cputime measures how long a test computes.
package cputime

import (
	"syscall"
	"testing"
	"time"
)

// Of gives how long this process computes while f runs. Unlike the time that goes by,
// that is hardly more where others compute too.
func Of(t testing.TB, f func()) time.Duration {
	t.Helper()
	now := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := now()
	f()
	return time.Duration(now() - before)
}
