package pgkv

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gathering makes calls together that come while others are under way, so that they
// share what a call costs by itself. Nobody waits for company: a call that finds few groups
// under way is begun at once, and one that has waited for long because those take
// their time begins one more.
type gathering[C any] struct {
	few, most int                          // groups that may be under way: at once, and for those who have waited
	wait      time.Duration                // after which that is so
	room      func(group []C, next C) bool // whether a group takes another call
	do        func(group []C)              // makes the calls of a group, and notes in each what became of it
	mu        struct {
		sync.Mutex
		underWay int
		waiting  []*gathered[C]
	}
}

// gathered is a call that waits to be made.
type gathered[C any] struct {
	call  C
	group []*gathered[C] // that it is the first of and has to make; nil: made by another
	told  chan struct{}  // closed when its time has come
}

// call returns when the call was made, in whatever company, or a panic has ended that: then
// nothing need be noted in it. It answers the context's error if that ends before it was begun.
func (g *gathering[C]) call(ctx context.Context, call C) error {
	own := &gathered[C]{call: call, told: make(chan struct{})}
	g.enter(own)
	select {
	case <-own.told: // mostly
	default:
		if err := g.await(ctx, own); err != nil {
			return err
		}
	}
	if own.group != nil {
		g.make(own.group)
	}
	return nil
}

// enter lets a call wait, and begin if few are under way.
func (g *gathering[C]) enter(own *gathered[C]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.waiting = append(g.mu.waiting, own)
	g.beginLocked(g.few)
}

// beginLocked has those who wait begin, in groups, while fewer than most are under way.
func (g *gathering[C]) beginLocked(most int) {
	for g.mu.underWay < most && len(g.mu.waiting) > 0 {
		g.mu.underWay++
		var calls []C
		for _, m := range g.mu.waiting {
			if len(calls) > 0 && !g.room(calls, m.call) {
				break
			}
			calls = append(calls, m.call)
		}
		first := g.mu.waiting[0]
		first.group = slices.Clone(g.mu.waiting[:len(calls)])
		g.mu.waiting = slices.Delete(g.mu.waiting, 0, len(calls))
		close(first.told)
	}
}

// await waits for a call's time.
func (g *gathering[C]) await(ctx context.Context, own *gathered[C]) error {
	late := time.NewTimer(g.wait)
	defer late.Stop()
	for {
		select {
		case <-own.told:
			return nil
		case <-late.C:
			g.mu.Lock()
			g.beginLocked(g.most)
			g.mu.Unlock()
			late.Reset(g.wait)
		case <-ctx.Done():
			if g.withdraw(own) {
				return ctx.Err()
			}
			<-own.told
			return nil
		}
	}
}

// withdraw takes a call back, unless it was begun.
func (g *gathering[C]) withdraw(own *gathered[C]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.mu.waiting, own)
	if i >= 0 {
		g.mu.waiting = slices.Delete(g.mu.waiting, i, i+1)
	}
	return i >= 0
}

// make makes a group's calls.
func (g *gathering[C]) make(group []*gathered[C]) {
	calls := make([]C, len(group))
	for i, m := range group {
		calls[i] = m.call
	}
	defer g.end(group)
	g.do(calls)
}

// end tells those whose calls another was to make, which a panic may have ended, and lets
// those that have come meanwhile begin.
func (g *gathering[C]) end(group []*gathered[C]) {
	for _, m := range group[1:] {
		close(m.told)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.underWay--
	g.beginLocked(g.few)
}
