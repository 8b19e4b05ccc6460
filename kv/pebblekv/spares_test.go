package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// spareFS counts the log files that were spares.
type spareFS struct {
	vfs.FS
	used atomic.Int64
}

func (f *spareFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(old, "SPARE") {
		f.used.Add(1)
	}
	return f.FS.ReuseForWrite(old, name, c)
}

// TestSpares cuts the power while the log is in files that were full of zeros
// before, also when it has gone from one to the next.
func TestSpares(t *testing.T) {
	ctx := context.Background()
	mem := vfs.NewCrashableMem()
	counted := &spareFS{FS: mem}
	o := Options{Dir: "store", MemTableBytes: 256 << 10, Reserve: -1}
	o.FS = counted
	s := open(t, o)
	value := noise(1, 20_000)
	const most = 5000
	v := kv.Version(0)
	for ; counted.used.Load() < 3 && v < most; v++ {
		commit(t, s, 1, v, fmt.Sprintf("%04d", v), value)
		runtime.Gosched()
	}
	if v == most {
		t.Fatal("no spares are used")
	}
	t.Logf("spares used after %d commits", v)
	for range 30 {
		for range 1 + rand.IntN(8) {
			commit(t, s, 1, v, fmt.Sprintf("%04d", v), value)
			v++
		}
		o.FS = mem.CrashClone(vfs.CrashCloneCfg{
			UnsyncedDataPercent: rand.IntN(101), RNG: rand.New(rand.NewPCG(rand.Uint64(), 0)),
		})
		after := open(t, o)
		expectVersion(t, after, v)
		var b kv.Batch
		if _, err := after.Commit(ctx, 1, v, &b, kv.Durable); err != nil {
			t.Fatal(err)
		}
		closeStore(t, after)
	}
	closeStore(t, s)
	if _, err := mem.Stat("store/SPARE"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a spare is left: %v", err)
	}
	o.FS = mem
	s = open(t, o)
	expectVersion(t, s, v)
	closeStore(t, s)
}

// expectVersion wants partition 1 at a version with as many rows.
func expectVersion(t *testing.T, s *Store, v kv.Version) {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	n := kv.Version(0)
	it := snap.Scan(nil, nil)
	for it.Next() {
		n++
	}
	if err := it.Close(); err != nil || n != v || snap.Version() != v {
		t.Fatalf("%d rows at version %d, not %d: %v", n, snap.Version(), v, err)
	}
}
