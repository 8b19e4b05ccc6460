package pebblekv

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// roomAge is how old a look at the free space may be.
const roomAge = 20 * time.Millisecond

// room refuses commits while the disk is nearly full, before they touch
// anything.
type room struct {
	fs      vfs.FS
	dir     string
	reserve int64 // 0: never refuses
	backlog *backlog
	log     *slog.Logger
	mu      struct {
		sync.Mutex
		free  int64 // as last looked at, less what was admitted since
		at    time.Time
		tight bool // the last commit that writes was refused
	}
}

func newRoom(fs vfs.FS, dir string, reserve int64, b *backlog, log *slog.Logger) *room {
	return &room{fs: fs, dir: dir, reserve: max(reserve, 0), backlog: b, log: log}
}

// admit answers kv.ErrNoSpace if the batch would eat into the reserve, or into what the
// backlog takes when it is written out: its log is only used again after that.
func (r *room) admit(b *kv.Batch) error {
	if r.reserve == 0 {
		return nil
	}
	frees := b.MayUseReserve()
	floor := r.reserve
	if frees {
		floor /= 2
	}
	floor += r.backlog.owed.Load()
	size := int64(b.Size())
	r.mu.Lock()
	defer r.mu.Unlock()
	// Close to the floor each commit looks, so that none is refused for what
	// has been freed since.
	if now := time.Now(); r.mu.free-size < floor || now.Sub(r.mu.at) > roomAge {
		usage, err := r.fs.GetDiskUsage(r.dir)
		if err != nil {
			return nil // not known here: the commit itself finds out
		}
		r.mu.free, r.mu.at = int64(min(usage.AvailBytes, 1<<62)), now
	}
	refuse := r.mu.free-size < floor
	if !frees && refuse != r.mu.tight {
		r.mu.tight = refuse
		if refuse {
			r.log.Error("disk is nearly full: refusing to write", "dir", r.dir, "free", r.mu.free, "reserve", r.reserve)
		} else {
			r.log.Info("disk has room again", "dir", r.dir, "free", r.mu.free)
		}
	}
	if refuse {
		return fmt.Errorf("%w: %d bytes free in %s, %d are kept in reserve", kv.ErrNoSpace, r.mu.free, r.dir, floor)
	}
	r.mu.free -= size
	return nil
}

// spare reports whether there is room for size bytes that only make things faster.
func (r *room) spare(size int64) bool {
	if r.reserve == 0 {
		return true
	}
	usage, err := r.fs.GetDiskUsage(r.dir)
	return err == nil && int64(min(usage.AvailBytes, 1<<62))-size > 2*r.reserve
}
