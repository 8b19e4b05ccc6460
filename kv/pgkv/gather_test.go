package pgkv

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// groups makes a gathering whose groups are told to began, and end when they may.
func groups(few, most int, wait time.Duration) (g *gathering[int], began chan []int, end chan struct{}) {
	began, end = make(chan []int), make(chan struct{})
	g = &gathering[int]{few: few, most: most, wait: wait,
		room: func(group []int, _ int) bool { return len(group) < 3 },
		do:   func(group []int) { began <- slices.Clone(group); <-end }}
	return g, began, end
}

// calls has a call made, and waits until it was begun or waits in g.
func calls(t *testing.T, g *gathering[int], all *sync.WaitGroup, call int) {
	before := queued(g)
	all.Go(func() {
		if err := g.call(t.Context(), call); err != nil {
			t.Error(err)
		}
	})
	for queued(g) == before {
		time.Sleep(time.Millisecond) // between questions
	}
}

func queued[C any](g *gathering[C]) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.mu.waiting)
}

// TestGathers: the first call is alone, and those that come meanwhile go together, as
// many as there is room for.
func TestGathers(t *testing.T) {
	g, began, end := groups(1, 1, time.Hour)
	var all sync.WaitGroup
	all.Go(func() { _ = g.call(t.Context(), 0) })
	for _, want := range [][]int{{0}, {1, 2, 3}, {4}} {
		got := <-began
		if !slices.Equal(got, want) {
			t.Errorf("a group of %v, want %v", got, want)
		}
		if got[0] == 0 {
			for call := range 4 {
				calls(t, g, &all, call+1)
			}
		}
		end <- struct{}{}
	}
	all.Wait()
	if g.mu.underWay != 0 || len(g.mu.waiting) != 0 {
		t.Errorf("%d under way and %d waiting at the end", g.mu.underWay, len(g.mu.waiting))
	}
}

// TestGathersNoMore: a call that has waited for long begins although another has not
// ended, unless as many are under way as there may be.
func TestGathersNoMore(t *testing.T) {
	g, began, end := groups(1, 2, time.Millisecond)
	var all sync.WaitGroup
	for call := range 2 {
		all.Go(func() { _ = g.call(t.Context(), call) })
		<-began
	}
	calls(t, g, &all, 2)
	select {
	case group := <-began:
		t.Errorf("%v is a third group", group)
	case <-time.After(20 * time.Millisecond): // in which it would have begun
	}
	end <- struct{}{}
	end <- struct{}{}
	<-began
	end <- struct{}{}
	all.Wait()
}

// TestWithdraws: a call whose context ends while it waits is not made.
func TestWithdraws(t *testing.T) {
	g, began, end := groups(1, 1, time.Hour)
	var all sync.WaitGroup
	all.Go(func() { _ = g.call(t.Context(), 0) })
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- g.call(ctx, 1) }()
	for queued(g) == 0 {
		time.Sleep(time.Millisecond) // between questions
	}
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("answered with %v", err)
	}
	end <- struct{}{}
	all.Wait()
}

// TestPanicEndsAlone: a panic is the caller's who makes the calls. The others of his group
// are told, and later ones begin.
func TestPanicEndsAlone(t *testing.T) {
	g, began, end := groups(1, 1, time.Hour)
	hold := g.do
	g.do = func(group []int) {
		if hold(group); len(group) > 1 {
			panic("a fault")
		}
	}
	var all sync.WaitGroup
	all.Go(func() { _ = g.call(t.Context(), 0) })
	<-began
	var panics, returns atomic.Int32
	for call := range 3 {
		all.Go(func() {
			defer func() {
				if recover() != nil {
					panics.Add(1)
				}
			}()
			_ = g.call(t.Context(), call)
			returns.Add(1)
		})
	}
	for queued(g) < 3 {
		time.Sleep(time.Millisecond) // between questions
	}
	end <- struct{}{}
	<-began
	calls(t, g, &all, 4)
	end <- struct{}{}
	if group := <-began; !slices.Equal(group, []int{4}) {
		t.Errorf("%v is made after the panic", group)
	}
	end <- struct{}{}
	all.Wait()
	if panics.Load() != 1 || returns.Load() != 2 {
		t.Errorf("%d calls panic and %d return", panics.Load(), returns.Load())
	}
}
