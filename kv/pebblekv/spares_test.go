package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/internal/crashfs"
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
	mem := crashfs.New()
	counted := &spareFS{FS: mem}
	o := Options{Dir: "store", MemTableBytes: 256 << 10, Reserve: -1}
	o.FS = counted
	s := open(t, o)
	value := noise(1, 20_000)
	const most = 5000
	v := kv.Version(0)
	// Pebble goes round in two log files, or more where it writes tables out too slowly. Once
	// each of them was a spare it needs no other.
	for ; counted.used.Load() < 2 && v < most; v++ {
		commit(t, s, 1, v, fmt.Sprintf("%04d", v), value)
		runtime.Gosched()
	}
	if v == most {
		t.Fatalf("%d spares are used", counted.used.Load())
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

// meetingFS has a spare taken when the next one is being made, if that can be.
type meetingFS struct {
	vfs.FS
	creating chan struct{} // gets one for each file that is made
	taken    []int64       // sizes of spares, when they were taken
}

func (f *meetingFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	f.creating <- struct{}{}
	return file, err
}

func (f *meetingFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	for range 10_000 { // long enough for whoever is allowed to
		if len(f.creating) > 0 {
			break
		}
		runtime.Gosched()
	}
	file, err := f.FS.ReuseForWrite(old, name, c)
	if err == nil {
		info, statErr := file.Stat()
		if statErr != nil {
			return nil, statErr
		}
		f.taken = append(f.taken, info.Size())
	}
	return file, err
}

// TestSpareTakenWhileNextIsMade: the file that becomes the next spare is never taken
// for the one that is ready, or zeros would go over what the log has.
func TestSpareTakenWhileNextIsMade(t *testing.T) {
	meeting := &meetingFS{FS: vfs.NewMem(), creating: make(chan struct{}, 100)}
	const size = 3 << 20
	s := newSpares(meeting, "", size, newRoom(meeting.FS, "", -1, nil, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
	s.from = 1
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.run(quit)
	}()
	if f := s.create("000001.log"); f != nil {
		t.Fatal("a spare was there at the beginning")
	}
	for n := range 3 {
		for ready := false; !ready; runtime.Gosched() {
			s.mu.Lock()
			ready = s.mu.ready
			s.mu.Unlock()
		}
		for len(meeting.creating) > 0 {
			<-meeting.creating
		}
		name := fmt.Sprintf("%06d.log", n+2)
		f := s.create(name)
		if f == nil {
			t.Fatalf("spare %d cannot be taken", n)
		}
		if _, err := f.Write([]byte("a record")); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(quit)
	<-ended
	for _, size := range meeting.taken {
		if size != 3<<20 {
			t.Errorf("a spare of %d bytes was taken", size)
		}
	}
	for n := range 3 {
		f, err := meeting.FS.Open(fmt.Sprintf("%06d.log", n+2))
		if err != nil {
			t.Fatal(err)
		}
		begin := make([]byte, 8)
		if _, err := f.ReadAt(begin, 0); err != nil || string(begin) != "a record" {
			t.Errorf("log %d begins with %q, %v", n, begin, err)
		}
		f.Close()
	}
}
