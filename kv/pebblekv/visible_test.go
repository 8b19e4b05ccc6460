package pebblekv

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/restante/restante/kv"
)

// TestUnacknowledgedIsUnseen holds a commit in its sync: whoever looks in the
// meantime sees the state before, or waits.
func TestUnacknowledgedIsUnseen(t *testing.T) {
	hold := make(chan chan struct{}, 1)
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) {
			select {
			case c := <-hold:
				c <- struct{}{}
				<-c
			default:
			}
		}
		return nil
	}))
	s := open(t, Options{Dir: "store", FS: fs})
	defer closeStore(t, s)
	commit(t, s, 1, 0, "k", []byte("1"))
	held := make(chan struct{})
	hold <- held
	committed := make(chan struct{})
	go func() {
		defer close(committed)
		commit(t, s, 1, 1, "k", []byte("2"))
	}()
	<-held
	// Other partitions do not wait, for reading.
	other, err := s.Snapshot(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	seen := make(chan kv.Version)
	go func() {
		snap, err := s.Snapshot(context.Background(), 1)
		if err != nil {
			t.Error(err)
			close(seen)
			return
		}
		defer snap.Close()
		select {
		case <-committed:
		case <-time.After(soon):
			t.Error("a snapshot did not wait for the commit that it shows")
		}
		seen <- snap.Version()
	}()
	held <- struct{}{}
	if v := <-seen; v != 2 {
		t.Errorf("snapshot is at version %d", v)
	}
	<-committed
}
