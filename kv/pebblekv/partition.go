package pebblekv

import (
	"sync"
	"sync/atomic"

	"github.com/restante/restante/kv"
)

// maxIdle is how many partitions without a running commit a shard remembers,
// so that memory does not grow with the number of accounts. What is forgotten
// costs its next commit one read.
const (
	shards  = 64
	maxIdle = 512
)

// partitions holds the versions of the partitions that were committed to
// lately.
type partitions struct {
	shard [shards]struct {
		sync.Mutex
		m map[kv.Partition]*partition
	}
}

// partition orders the commits of one partition.
//
// Pebble shows a batch to readers before it has synced it. What a reader has
// seen must not be gone after a power cut, so acked keeps the last version
// whose commit is over, and Snapshot waits for mu when it meets a higher one:
// mu is held from before the batch is applied until acked is stored.
type partition struct {
	mu     sync.Mutex
	loaded bool // acked holds the stored version; under mu, or the shard's lock without refs
	refs   int  // under the shard's lock
	acked  atomic.Uint64
	// doubt says that a write error has ended the commit after acked: Pebble may
	// show what is not on the disk.
	doubt atomic.Bool
}

func (t *partitions) init() {
	for i := range t.shard {
		t.shard[i].m = make(map[kv.Partition]*partition)
	}
}

// hash spreads account numbers and the directory's small ones alike.
func hash(p kv.Partition) int {
	return int((uint64(p) * 0x9e3779b97f4a7c15) >> 58)
}

// acquire answers the partition's entry and keeps it until release.
func (t *partitions) acquire(p kv.Partition) *partition {
	s := &t.shard[hash(p)]
	s.Lock()
	defer s.Unlock()
	e := s.m[p]
	if e == nil {
		e = new(partition)
		s.m[p] = e
	}
	e.refs++
	return e
}

// find is acquire, but answers nil for a partition that no commit uses: then
// everything that Pebble shows of it is acknowledged.
func (t *partitions) find(p kv.Partition) *partition {
	s := &t.shard[hash(p)]
	s.Lock()
	defer s.Unlock()
	e := s.m[p]
	if e == nil || e.refs == 0 && !e.doubt.Load() {
		return nil
	}
	e.refs++
	return e
}

// quiet calls f with the version of a partition that is remembered and that no commit
// uses; none begins before f returns. For others it answers false.
func (t *partitions) quiet(p kv.Partition, f func(kv.Version)) bool {
	s := &t.shard[hash(p)]
	s.Lock()
	defer s.Unlock()
	e := s.m[p]
	if e == nil || e.refs > 0 || !e.loaded {
		return false
	}
	f(kv.Version(e.acked.Load()))
	return true
}

func (t *partitions) release(p kv.Partition, e *partition) {
	s := &t.shard[hash(p)]
	s.Lock()
	defer s.Unlock()
	e.refs--
	if e.refs > 0 || len(s.m) <= maxIdle {
		return
	}
	for other, idle := range s.m {
		if idle.refs == 0 && !idle.doubt.Load() {
			delete(s.m, other)
			return
		}
	}
}
