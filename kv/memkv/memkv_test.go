package memkv_test

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/kvtest"
	"github.com/restante/restante/kv/memkv"
)

func backing(b *memkv.Backing) kvtest.Backing {
	return kvtest.Backing{
		Open:     func(testing.TB) kv.Store { return b.Open() },
		Nodes:    true,
		PowerCut: func(testing.TB) kvtest.Backing { return backing(b.CrashClone()) },
	}
}

func TestStore(t *testing.T) {
	kvtest.Run(t, func(testing.TB) kvtest.Backing { return backing(memkv.NewBacking()) })
}

func TestFaults(t *testing.T) {
	ctx := context.Background()
	s := memkv.New()
	defer s.Close()
	broken := errors.New("broken")
	write := new(kv.Batch)
	write.Set([]byte("k"), []byte("v"))

	s.Inject(memkv.Faults{BeforeCommit: memkv.OnCommit(2, kv.ErrNoSpace)})
	if _, err := s.Commit(ctx, 1, 0, write, kv.Durable); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, 1, 1, write, kv.Durable); !errors.Is(err, kv.ErrNoSpace) {
		t.Errorf("second commit: %v", err)
	}
	// An unknown outcome: the error came, but so did the batch.
	s.Inject(memkv.Faults{AfterCommit: memkv.OnCommit(3, broken)})
	if _, err := s.Commit(ctx, 1, 1, write, kv.Durable); !errors.Is(err, broken) {
		t.Errorf("third commit: %v", err)
	}
	snap, err := s.Snapshot(ctx, 1)
	if err != nil || snap.Version() != 2 {
		t.Fatalf("after an unknown outcome: version %d, %v", snap.Version(), err)
	}
	// A nearly full disk takes deletions.
	s.Inject(memkv.Faults{BeforeCommit: memkv.Writes(kv.ErrNoSpace)})
	if _, err := s.Commit(ctx, 1, 2, write, kv.Durable); !errors.Is(err, kv.ErrNoSpace) {
		t.Errorf("write on a full disk: %v", err)
	}
	remove := new(kv.Batch)
	remove.Delete([]byte("k"), 1)
	if _, err := s.Commit(ctx, 1, 2, remove, kv.Durable); err != nil {
		t.Errorf("deletion on a full disk: %v", err)
	}
	// Reads fail where the hook says.
	s.Inject(memkv.Faults{Read: func(_ kv.Partition, key []byte) error {
		if string(key) == "k" {
			return broken
		}
		return nil
	}})
	if _, err := snap.Get([]byte("k"), nil); !errors.Is(err, broken) {
		t.Errorf("Get: %v", err)
	}
	it := snap.Scan(nil, nil)
	if it.Next() || !errors.Is(it.Close(), broken) {
		t.Error("the scan did not fail")
	}
	s.Inject(memkv.Faults{})
	if _, err := snap.Get([]byte("k"), nil); err != nil {
		t.Errorf("Get without faults: %v", err)
	}
	if got := s.Commits(); got != 5 {
		t.Errorf("%d commits counted", got)
	}
}
