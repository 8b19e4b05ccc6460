package server

import (
	"net"
	"sync"
	"testing"
	"time"
)

// TestWakeIsNeverLost wakes a reader from many goroutines at once; each request
// must be seen at or after the moment it was made.
func TestWakeIsNeverLost(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	w := wakeup{conn: a}
	const wakers, times = 8, 200
	var wg sync.WaitGroup
	all := make(chan struct{})
	for range wakers {
		wg.Go(func() {
			for range times {
				w.wake()
			}
		})
	}
	go func() { wg.Wait(); close(all) }()
	until := time.Now().Add(patience)
	buf := make([]byte, 1)
	wait := func() {
		if w.block(until) {
			_, err := a.Read(buf)
			w.unblock()
			if err == nil {
				t.Error("read something")
			}
		}
	}
	for over := false; !over; {
		select {
		case <-all:
			over = true
		default:
		}
		w.wake() // a request that is certainly outstanding
		wait()
		if !w.take() {
			t.Fatal("woken without a request")
		}
	}
	if time.Now().After(until) {
		t.Fatal("a request was lost")
	}
}

// TestWakeDoesNotSpoilReads calls wake while the session is not blocked: the
// deadline must stay.
func TestWakeDoesNotSpoilReads(t *testing.T) {
	c := &deadlines{}
	w := wakeup{conn: c}
	w.wake()
	if len(c.set) != 0 {
		t.Fatal("a deadline was set")
	}
	if w.block(time.Now()) {
		t.Fatal("blocked with a request outstanding")
	}
	if !w.take() || w.take() {
		t.Fatal("a request is to be taken once")
	}
	later := time.Now().Add(time.Hour)
	if !w.block(later) || len(c.set) != 1 || !c.set[0].Equal(later) {
		t.Fatalf("deadlines %v", c.set)
	}
	w.wake()
	if len(c.set) != 2 || !c.set[1].Equal(longAgo) {
		t.Fatalf("deadlines %v", c.set)
	}
}

type deadlines struct{ set []time.Time }

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}
