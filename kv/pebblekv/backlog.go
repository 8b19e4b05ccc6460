package pebblekv

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

const (
	// maxMemTables is how many full memtables there may be.
	maxMemTables = 4
	// maxSublevels is how many layers of tables may lie over each other in level
	// 0, each of which a read has to look into.
	maxSublevels = 32
	// lookAgain is how often a backlog is looked at besides the events that may
	// have changed it.
	lookAgain = 100 * time.Millisecond
)

// backlog keeps commits waiting while Pebble is behind with writing out what it
// has taken. Pebble has limits of its own, but a commit that waits inside of it
// cannot be released when the disk fails: those are set where they are not
// reached.
type backlog struct {
	log    *slog.Logger
	memory uint64 // octets of memtables from which on commits wait
	moved  chan struct{}
	full   atomic.Pointer[chan struct{}] // nil if there is none; closed when it is gone
	owed   atomic.Int64                  // octets of memtables that are to be written out
}

func newBacklog(memTable int, log *slog.Logger) *backlog {
	return &backlog{log: log, memory: maxMemTables * uint64(memTable), moved: make(chan struct{}, 1)}
}

// note has the backlog looked at: a log has been begun, or work has ended.
func (b *backlog) note() { notify(b.moved) }

// wait answers when there is no backlog, with an error when ctx ends before, or when what
// is to be written out waits for room on the disk. It also returns after a failure.
func (b *backlog) wait(ctx context.Context, fs *steadyFS) error {
	full := b.full.Load()
	if full == nil {
		return nil
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for ; full != nil; full = b.full.Load() {
		select {
		case <-*full:
		case <-again.C:
			if fs.short.Load() > 0 {
				return fmt.Errorf("%w: what was written before waits for room", kv.ErrNoSpace)
			}
		case <-fs.failed.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// run looks until quit is closed.
func (b *backlog) run(db *pebble.DB, quit <-chan struct{}) {
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	defer b.set(false)
	for {
		var tick <-chan time.Time
		if b.full.Load() != nil {
			tick = again.C
		}
		select {
		case <-quit:
			return
		case <-b.moved:
		case <-tick:
		}
		m := db.Metrics()
		owed := int64(0)
		if m.MemTable.Count > 1 { // one takes what comes
			owed = int64(m.MemTable.Size)
		}
		b.owed.Store(owed)
		b.set(m.MemTable.Size >= b.memory || int(m.Levels[0].Sublevels) >= maxSublevels)
	}
}

// set opens or closes the way. Only run calls it.
func (b *backlog) set(behind bool) {
	full := b.full.Load()
	switch {
	case behind && full == nil:
		c := make(chan struct{})
		b.full.Store(&c)
		b.log.Debug("commits wait for what is to be written out")
	case !behind && full != nil:
		b.full.Store(nil)
		close(*full)
	}
}
