package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestTurns(t *testing.T) {
	x := newTurns(2)
	var under, most atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			done, err := x.take(context.Background(), 1)
			if err != nil {
				t.Error(err)
				return
			}
			now := under.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			under.Add(-1)
			done()
		})
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d at once", most.Load())
	}
	first, _ := x.take(context.Background(), 1)
	second, _ := x.take(context.Background(), 1)
	other, err := x.take(context.Background(), 2)
	if err != nil {
		t.Fatal("another account waits")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	first()
	second()
	other()
	if len(x.mu.accounts) != 0 {
		t.Errorf("%d accounts are kept", len(x.mu.accounts))
	}
}
