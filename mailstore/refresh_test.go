package mailstore

import (
	"context"
	"testing"

	"github.com/restante/restante/kv"
)

// deaf hears nothing of other nodes, so that nobody looks at an account but the test.
type deaf struct{ kv.Store }

func (s deaf) Watch(ctx context.Context) (<-chan kv.Change, error) {
	changes := make(chan kv.Change)
	context.AfterFunc(ctx, func() { close(changes) })
	return changes, nil
}

// countingStore counts how often it is asked for a version.
type countingStore struct {
	kv.Store
	asked int
}

func (s *countingStore) Version(ctx context.Context, p kv.Partition) (kv.Version, error) {
	s.asked++
	return kv.VersionOf(ctx, s.Store, p)
}

// TestRefreshSince asks the engine once for a moment, and again for a later one;
// to load an account or to commit to it is as good as asking.
func TestRefreshSince(t *testing.T) {
	f := newFixture(t, Options{})
	engine := &countingStore{Store: deaf{f.backing.Open()}}
	store := openStore(t, Options{KV: engine})
	before := store.Moment()
	a := openAccount(t, store, f.ID())
	refresh := func(what string, m Moment, questions int) {
		t.Helper()
		engine.asked = 0
		if err := a.RefreshSince(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if engine.asked != questions {
			t.Errorf("%s: asked %d times, not %d", what, engine.asked, questions)
		}
	}
	refresh("loaded since", before, 0)
	now := store.Moment()
	refresh("first", now, 1)
	refresh("again", now, 0)
	f.append(f.inbox, nil, message1(1))
	later := store.Moment()
	refresh("later", later, 1)
	if n := a.State().Mailbox(f.inbox).Messages; n != 1 {
		t.Errorf("%d messages after another node's commit", n)
	}
	refresh("between", now, 0)
	before = store.Moment()
	if _, err := tryAppend(t.Context(), a, f.inbox, nil, message1(2)); err != nil {
		t.Fatal(err)
	}
	refresh("committed since", before, 0)
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}

	// What the engine says of a commit is not known: it is asked, whatever was before.
	f.append(f.inbox, nil, message1(3))
	a.stale.Store(true)
	refresh("stale", now, 1)
	if n := a.State().Mailbox(f.inbox).Messages; n != 3 {
		t.Errorf("%d messages once the state is not trusted", n)
	}
}

var _ kv.Versioner = (*countingStore)(nil)
