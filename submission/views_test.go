package submission_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/submission"
)

// views is an engine that counts how many views are open.
type views struct {
	kv.Store
	open atomic.Int32
}

func (e *views) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	snap, err := e.Store.Snapshot(ctx, p)
	if err != nil {
		return nil, err
	}
	e.open.Add(1)
	return &view{Snapshot: snap, engine: e}, nil
}

type view struct {
	kv.Snapshot
	engine *views
	closed bool
}

func (v *view) Close() error {
	if !v.closed {
		v.closed = true
		v.engine.open.Add(-1)
	}
	return v.Snapshot.Close()
}

// TestSlowRelay: while a relay is waited for, no view of the engine is open, of which one over a
// network has few at a time.
func TestSlowRelay(t *testing.T) {
	engine := &views{Store: memkv.New()}
	o := newOutboxOn(t, engine, letter)
	r := &relay{mechanism: sasl.Plain}
	var first, last atomic.Int32
	r.reached = func() { first.Store(engine.open.Load()) }
	r.hangUp = func() { last.Store(engine.open.Load()) }
	startRelay(t, r, "tls")
	_, err := r.submitter("tls", o, "pass", r.roots).Submit(t.Context(), o.Account, o.mailbox, o.uid)
	var why *submission.Error
	if !errors.As(err, &why) || !why.Unknown {
		t.Fatal(err)
	}
	if first.Load() != 0 || last.Load() != 0 {
		t.Errorf("%d views are open when it is reached, %d when it has the message", first.Load(), last.Load())
	}
}
