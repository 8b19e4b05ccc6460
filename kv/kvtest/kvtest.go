// Package kvtest is the conformance suite of the storage contract: an engine is
// right when Run passes.
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/restante/restante/kv"
)

// Backing is a place where an engine keeps data, empty at first.
type Backing struct {
	// Open opens a store on it. The suite closes the store before it opens
	// the next one, unless Nodes is set.
	Open func(t testing.TB) kv.Store
	// Nodes tells that several stores may be open on it at once.
	Nodes bool
	// PowerCut answers a backing with what a power cut now would leave of
	// this one, at random where several outcomes are possible. It may be
	// called while commits run. Nil: the engine has no way to show it.
	PowerCut func(t testing.TB) Backing
}

// Run runs the suite. newBacking answers a backing of its own for each test.
func Run(t *testing.T, newBacking func(t testing.TB) Backing) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Backing)
	}{
		{"Empty", testEmpty},
		{"Versions", testVersions},
		{"Order", testOrder},
		{"Seek", testSeek},
		{"Look", testLook},
		{"Expect", testExpect},
		{"Bounds", testBounds},
		{"Model", testModel},
		{"BatchOrder", testBatchOrder},
		{"DeleteRange", testDeleteRange},
		{"Edges", testEdges},
		{"Invalid", testInvalid},
		{"LargeValues", testLargeValues},
		{"Add", testAdd},
		{"BigBatch", testBigBatch},
		{"SnapshotIsolation", testSnapshotIsolation},
		{"IteratorsOfOneSnapshot", testIterators},
		{"Race", testRace},
		{"Linearizable", testLinearizable},
		{"Parallel", testParallel},
		{"ReadersAndWriters", testReadersAndWriters},
		{"Partitions", testPartitions},
		{"Import", testImport},
		{"Reopen", testReopen},
		{"Closed", testClosed},
		{"Context", testContext},
		{"WatchEnds", testWatchEnds},
		{"Watch", testWatch},
		{"PowerCut", testPowerCut},
		{"PowerCutUnderLoad", testPowerCutUnderLoad},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBacking(t)) })
	}
}

// store opens a store that is closed at the test's end.
func store(t testing.TB, b Backing) kv.Store {
	t.Helper()
	s := b.Open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// batch makes a batch by f.
func batch(f func(*kv.Batch)) *kv.Batch {
	b := new(kv.Batch)
	f(b)
	return b
}

// set makes a batch that sets key to value.
func set(key, value string) *kv.Batch {
	return batch(func(b *kv.Batch) { b.Set([]byte(key), []byte(value)) })
}

// commit commits and fails the test unless it makes the version after base.
func commit(t testing.TB, s kv.Store, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) {
	t.Helper()
	v, err := s.Commit(context.Background(), p, base, b, d)
	if err != nil {
		t.Fatalf("Commit(%d, base %d): %v", p, base, err)
	}
	if v != base+1 {
		t.Fatalf("Commit(%d, base %d) made version %d", p, base, v)
	}
}

// snapshot opens a snapshot that is closed at the test's end.
func snapshot(t testing.TB, s kv.Store, p kv.Partition) kv.Snapshot {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), p)
	if err != nil {
		t.Fatalf("Snapshot(%d): %v", p, err)
	}
	t.Cleanup(func() { snap.Close() })
	return snap
}

// row is one key with its value.
type row struct{ key, value string }

func (r row) String() string {
	if len(r.value) > 20 {
		return fmt.Sprintf("%q=%d bytes", r.key, len(r.value))
	}
	return fmt.Sprintf("%q=%q", r.key, r.value)
}

// rows reads a range forward, and checks that backward gives the same.
func rows(t testing.TB, snap kv.Snapshot, start, end []byte) []row {
	t.Helper()
	it := snap.Scan(start, end)
	var forward []row
	for it.Next() {
		forward = append(forward, row{string(it.Key()), string(it.Value())})
	}
	n := len(forward)
	for it.Prev() {
		n--
		if n < 0 || forward[n] != (row{string(it.Key()), string(it.Value())}) {
			t.Errorf("backward, %q stands at place %d", it.Key(), n)
			break
		}
	}
	if n != 0 {
		t.Errorf("backward, %d rows are missing", n)
	}
	if err := it.Close(); err != nil {
		t.Errorf("scan: %v", err)
	}
	return forward
}

// expect compares a partition's content and version with what it should be.
func expect(t testing.TB, s kv.Store, p kv.Partition, version kv.Version, want ...row) {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), p)
	if err != nil {
		t.Fatalf("Snapshot(%d): %v", p, err)
	}
	defer snap.Close()
	expectIn(t, snap, version, want...)
}

func expectIn(t testing.TB, snap kv.Snapshot, version kv.Version, want ...row) {
	t.Helper()
	if snap.Version() != version {
		t.Errorf("version is %d, not %d", snap.Version(), version)
	}
	got := rows(t, snap, nil, nil)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("content is %v, not %v", got, want)
	}
	for _, r := range want {
		value, err := snap.Get([]byte(r.key), []byte("before:"))
		if err != nil || !bytes.Equal(value, []byte("before:"+r.value)) {
			t.Errorf("Get(%q) = %.40q, %v", r.key, value, err)
		}
	}
}
