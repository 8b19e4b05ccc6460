// Package cachedblob keeps what is read of a store of objects on a local disk, up to a
// size.
package cachedblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// blockSize is how much of an object a file of the cache holds: what readers read at a
// time, or a whole part of it.
const blockSize = 256 << 10

// Options say where the cache is.
type Options struct {
	Dir    string // it is made if it is missing, and belongs to the cache alone
	Bytes  int64  // how much it holds; 0: 1 GiB
	Logger *slog.Logger
}

// Store is a blob.Store over another one. The cache can fail in any way, be full or be
// damaged or removed: then objects are read from the store. Files carry a checksum and
// the name of what they hold, and are used only if both are right.
type Store struct {
	blob.Store
	log   *slog.Logger
	files *files
	// pause is the end, in Unix nanoseconds, of a time in which nothing is put into the
	// cache, because its disk has failed.
	pause atomic.Int64
	stats struct{ hits, misses, hitBytes, evicted, failures, damaged atomic.Uint64 }
}

// Stats counts the use of a cache since it was opened.
type Stats struct {
	Hits, Misses uint64 // blocks that were asked for and there, or not
	HitBytes     uint64 // octets that came from the cache
	Evicted      uint64 // blocks that made room for others
	Failures     uint64 // errors of its disk
	Damaged      uint64 // blocks with other octets than were written
	Bytes        int64  // size of all blocks now
	Blocks       int64  // how many there are
}

// pauseTime is how long a disk that failed is left alone.
const pauseTime = 10 * time.Second

// Open answers a store that reads from another one, with a cache before it. Closing it
// closes that store. What the directory holds of an earlier run is used.
func Open(s blob.Store, o Options) (*Store, error) {
	if o.Bytes <= 0 {
		o.Bytes = 1 << 30
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cachedblob: %w", err)
	}
	c := &Store{Store: s, log: o.Logger}
	c.files = newFiles(o.Dir, o.Bytes)
	if err := c.files.load(); err != nil {
		return nil, fmt.Errorf("cachedblob: %w", err)
	}
	return c, nil
}

// Stats answers what was counted so far.
func (s *Store) Stats() Stats {
	bytes, blocks := s.files.size()
	return Stats{
		Hits: s.stats.hits.Load(), Misses: s.stats.misses.Load(), HitBytes: s.stats.hitBytes.Load(), Evicted: s.stats.evicted.Load(),
		Failures: s.stats.failures.Load(), Damaged: s.stats.damaged.Load(), Bytes: bytes, Blocks: blocks,
	}
}

// Put implements blob.Store. What was just delivered is soon read, so that it goes into
// the cache, unless it would fill much of it.
func (s *Store) Put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) error {
	if err := s.Store.Put(ctx, name, body, size); err != nil {
		return err
	}
	if size > s.files.limit/64 || s.paused() {
		return nil
	}
	buf := make([]byte, min(size, blockSize))
	for off := int64(0); off < size; off += blockSize {
		p := buf[:min(blockSize, size-off)]
		if n, _ := body.ReadAt(p, off); n < len(p) {
			return nil // it is in the store; the cache does without
		}
		s.keep(block{name, uint32(off / blockSize)}, p)
	}
	return nil
}

// ReadAt implements blob.Store.
func (s *Store) ReadAt(ctx context.Context, name blob.Name, p []byte, off int64) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for n < len(p) {
		m, ended := s.readCached(name, p[n:], off+int64(n))
		var err error
		if m == 0 && !ended {
			m, ended, err = s.readThrough(ctx, name, p[n:], off+int64(n))
		}
		n += m
		if err != nil {
			return n, err
		}
		if ended {
			return n, endOf(n, len(p))
		}
	}
	return n, nil
}

func endOf(n, want int) error {
	if n < want {
		return io.EOF
	}
	return nil
}

// readCached answers what the block at off has in the cache. ended says that the object
// has nothing behind it; with 0 octets and false the block is not in the cache.
func (s *Store) readCached(name blob.Name, p []byte, off int64) (n int, ended bool) {
	err := s.files.read(block{name, uint32(off / blockSize)}, func(data []byte) {
		at := int(off % blockSize)
		if at < len(data) {
			n = copy(p, data[at:])
		}
		ended = len(data) < blockSize && at+n >= len(data)
	})
	switch {
	case err == nil:
		s.stats.hits.Add(1)
		s.stats.hitBytes.Add(uint64(n))
		return n, ended
	case errors.Is(err, errNotCached):
	case errors.Is(err, errDamaged):
		s.stats.damaged.Add(1)
		s.log.Warn("a block of the cache of objects is damaged; it is read again", "object", name.String())
	default:
		s.failed(err)
	}
	s.stats.misses.Add(1)
	return 0, false
}

// readThrough reads whole blocks from the store, from that at off on until one that is
// in the cache, and keeps them.
func (s *Store) readThrough(ctx context.Context, name blob.Name, p []byte, off int64) (n int, ended bool, err error) {
	first := uint32(off / blockSize)
	start := int64(first) * blockSize
	blocks := uint32(1)
	for end := off + int64(len(p)); start+int64(blocks)*blockSize < end && !s.files.has(block{name, first + blocks}); {
		blocks++
	}
	size := int(blocks) * blockSize
	into := p
	if off != start || len(p) < size {
		into = make([]byte, size)
	}
	m, err := s.Store.ReadAt(ctx, name, into[:size], start)
	if err != nil && err != io.EOF {
		return 0, false, err
	}
	ended = m < size
	if !s.paused() {
		for i := 0; i < m; i += blockSize {
			s.keep(block{name, first + uint32(i/blockSize)}, into[i:min(i+blockSize, m)])
		}
	}
	if at := int(off - start); off != start || len(p) < size {
		if at < m {
			n = copy(p, into[at:m])
		}
		return n, ended && at+n >= m, nil
	}
	return m, ended, nil
}

// keep puts a block into the cache.
func (s *Store) keep(b block, data []byte) {
	evicted, err := s.files.write(b, data)
	s.stats.evicted.Add(uint64(evicted))
	if err != nil {
		s.failed(err)
	}
}

// failed notes an error of the cache's disk, which is left alone for a time.
func (s *Store) failed(err error) {
	s.stats.failures.Add(1)
	now := time.Now()
	if s.pause.Swap(now.Add(pauseTime).UnixNano()) < now.UnixNano() {
		s.log.Warn("the cache of objects cannot be used; they are read from their store", "error", err)
	}
}

func (s *Store) paused() bool { return time.Now().UnixNano() < s.pause.Load() }

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, names []blob.Name) error {
	err := s.Store.Delete(ctx, names)
	for _, n := range names {
		s.files.drop(n)
	}
	if err != nil && errors.Is(err, restante.ErrNotFound) {
		return nil
	}
	return err
}
