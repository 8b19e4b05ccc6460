package server

import (
	"context"
	"sync"
	"time"

	"github.com/restante/restante"
)

// turns bounds how many commands of a kind that takes long (searches through messages,
// conversions) an account has under way at once. The others wait: clients send many and
// expect each to be answered, but those of one account are not to take the processors
// from all the rest.
type turns struct {
	most int
	mu   struct {
		sync.Mutex
		accounts map[restante.AccountID]*turn
	}
}

// turn is an account that has such commands, under way or waiting.
type turn struct {
	slots chan struct{}
	users int // guarded by turns.mu
}

func newTurns(most int) *turns {
	t := &turns{most: most}
	t.mu.accounts = make(map[restante.AccountID]*turn)
	return t
}

// take waits for the account's turn, or answers the error of ctx. done is to be
// called when the command is over.
func (t *turns) take(ctx context.Context, id restante.AccountID) (done func(), err error) {
	return t.takeTelling(ctx, id, 0, nil)
}

// takeTelling is take that calls f time and again while it waits.
func (t *turns) takeTelling(ctx context.Context, id restante.AccountID, every time.Duration, f func()) (done func(), err error) {
	t.mu.Lock()
	a := t.mu.accounts[id]
	if a == nil {
		a = &turn{slots: make(chan struct{}, t.most)}
		t.mu.accounts[id] = a
	}
	a.users++
	t.mu.Unlock()
	taken := func() { <-a.slots; t.leave(id, a) }
	select {
	case a.slots <- struct{}{}:
		return taken, nil
	default:
	}
	var tick <-chan time.Time
	if f != nil {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case a.slots <- struct{}{}:
			return taken, nil
		case <-tick:
			f()
		case <-ctx.Done():
			t.leave(id, a)
			return nil, ctx.Err()
		}
	}
}

func (t *turns) leave(id restante.AccountID, a *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.users--; a.users == 0 {
		delete(t.mu.accounts, id)
	}
}
