package pebblekv

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// BenchmarkCeiling shows what the disk allows: writers put messages of 21 KB
// into one file and wait until they are synced, one sync for all that wait. No
// engine can commit messages faster. A file that is written for the first time
// costs the file system notes of its own at each sync; one whose blocks were
// written before does not.
func BenchmarkCeiling(b *testing.B) {
	for _, again := range []bool{false, true} {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("again=%v/writers=%d", again, writers), func(b *testing.B) {
				l := newSyncedLog(b, again)
				message := make([]byte, 21_000)
				b.SetBytes(int64(len(message)))
				var n atomic.Int64
				var wg sync.WaitGroup
				b.ResetTimer()
				for range writers {
					wg.Go(func() {
						for n.Add(1) <= int64(b.N) {
							if err := l.append(message); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
				b.ReportMetric(float64(b.N)/float64(l.syncs), "messages/sync")
			})
		}
	}
}

// syncedLogSize is where a syncedLog begins at its start again.
const syncedLogSize = 256 << 20

// syncedLog is the least that a log with group commit can be.
type syncedLog struct {
	f       vfs.File
	writing sync.Mutex
	end     int64 // of what is written, under writing; counts on at each round
	syncing sync.Mutex
	synced  int64 // under syncing
	syncs   int   // under syncing
}

func newSyncedLog(b *testing.B, again bool) *syncedLog {
	name := filepath.Join(b.TempDir(), "log")
	f, err := vfs.Default.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close(); os.Remove(name) })
	if again {
		zeros := make([]byte, 1<<20)
		for range syncedLogSize / len(zeros) {
			if _, err := f.Write(zeros); err != nil {
				b.Fatal(err)
			}
		}
	} else if err := f.Preallocate(0, syncedLogSize); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return &syncedLog{f: f}
}

// append returns when the message is on the disk.
func (l *syncedLog) append(message []byte) error {
	l.writing.Lock()
	_, err := l.f.WriteAt(message, l.end%syncedLogSize)
	l.end += int64(len(message))
	mine := l.end
	l.writing.Unlock()
	if err != nil {
		return err
	}
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.synced >= mine {
		return nil
	}
	l.writing.Lock()
	upTo := l.end
	l.writing.Unlock()
	if err := l.f.SyncData(); err != nil {
		return err
	}
	l.synced = upTo
	l.syncs++
	return nil
}
