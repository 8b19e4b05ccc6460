package mailstore

import (
	"errors"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// TestDamagedViewer: a row of the last viewer that a number can name is damage, and not
// looked at again and again.
func TestDamagedViewer(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{`\Deleted`}, messages(0, 1)...)
	var rows kv.Batch
	rows.Set(seenChangeKey(f.inbox), []byte{1})
	rows.Set(seenKey(f.inbox, 1<<64-1, 0), []byte{1})
	engine, partition := f.store.kv, f.partition()
	if _, err := engine.Commit(t.Context(), partition, f.State().version, &rows, kv.Durable); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := f.node().Expunge(t.Context(), f.inbox, nil)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, restante.ErrCorrupt) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("does not end")
	}
}
