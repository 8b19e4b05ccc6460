package mailstore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestSeenUnread: what was committed is answered as done also where what the viewer has
// seen cannot be read afterwards; whoever were told otherwise would do it again.
func TestSeenUnread(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 10)...)
	const viewer = restante.FirstAccountID + 1000
	guest, other := f.As(viewer), f.node().As(viewer+1)
	var met, down atomic.Bool
	broken := errors.New("broken")
	faults := memkv.Faults{
		// Another viewer is first, so that what the guest has seen is to be read again.
		BeforeCommit: func(context.Context, memkv.Commit) error {
			if met.Swap(true) {
				return nil
			}
			_, err := other.StoreFlags(t.Context(), f.inbox, uids(1, 1), AddFlags, []string{`\Seen`}, nil)
			return err
		},
		AfterCommit: func(context.Context, memkv.Commit) error {
			down.Store(true)
			return nil
		},
		Read: func(kv.Partition, []byte) error {
			if down.Load() {
				return broken
			}
			return nil
		},
	}
	for name, change := range map[string]func() (*Snapshot, error){
		"StoreFlags": func() (*Snapshot, error) {
			r, err := guest.StoreFlags(t.Context(), f.inbox, uids(1, 3), AddFlags, []string{`\Deleted`}, nil)
			return r.Snapshot, err
		},
		"Annotate": func() (*Snapshot, error) {
			r, err := guest.Annotate(t.Context(), f.inbox, uids(4, 4), []Annotation{{Entry: "/comment", Private: true, Value: []byte("x")}}, nil)
			return r.Snapshot, err
		},
		"Copy": func() (*Snapshot, error) {
			r, err := guest.Copy(t.Context(), f.inbox, uids(5, 6), f.inbox)
			if len(r.To) == 0 {
				t.Error("it is not told where the copies are")
			}
			return r.Snapshot, err
		},
	} {
		if _, err := guest.Snapshot(t.Context(), f.inbox); err != nil {
			t.Fatal(err)
		}
		f.engine.Inject(faults)
		snap, err := change()
		f.engine.Inject(memkv.Faults{})
		met.Store(false)
		if _, err := other.StoreFlags(t.Context(), f.inbox, uids(1, 1), RemoveFlags, []string{`\Seen`}, nil); err != nil {
			t.Fatal(err)
		}
		if !down.Swap(false) {
			t.Errorf("%s: nothing was committed", name)
		}
		if snap != nil || err != nil {
			t.Errorf("%s: %v, %v", name, snap, err)
		}
	}
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap, err := guest.Snapshot(t.Context(), f.inbox)
	if err != nil {
		t.Fatal(err)
	}
	if snap.Len() != 12 || snap.Mailbox().Deleted != 3 {
		t.Errorf("%d messages, %d of them deleted", snap.Len(), snap.Mailbox().Deleted)
	}
	f.sameAsStored()
}
