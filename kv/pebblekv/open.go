package pebblekv

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// format is the form of Pebble's files. A newer one must be chosen by hand,
// because older programs cannot open it.
const format = pebble.FormatValueSeparation

// minSeparated is the size from which a value is kept outside the tables of
// keys. Rows of lists (summaries, headers, index pages) stay below mostly and
// are read by scans; message bodies are above.
const minSeparated = 2 << 10

// Open opens the store in o.Dir, or makes it. Errors are one line that names
// the directory; kv.ErrLocked, kv.ErrNewerSchema and kv.ErrCorrupt tell kinds.
func Open(o Options) (*Store, error) {
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	o.CacheBytes = cmp.Or(o.CacheBytes, 64<<20)
	o.MemTableBytes = cmp.Or(o.MemTableBytes, 32<<20)
	o.Reserve = cmp.Or(o.Reserve, 4*int64(o.MemTableBytes))
	o.rewriteAge = cmp.Or(o.rewriteAge, time.Minute)
	if o.FS == nil {
		o.FS = vfs.Default
	}
	s := &Store{log: o.Logger, dir: o.Dir, syncAll: o.SyncAll, failed: newFailure(o.Logger, o.Failed), quit: make(chan struct{})}
	s.use.ended = make(chan struct{})
	s.partitions.init()
	s.backlog = newBacklog(o.MemTableBytes, o.Logger)
	s.room = newRoom(o.FS, o.Dir, o.Reserve, s.backlog, o.Logger)
	if o.removed == nil {
		o.removed = func() {}
	}

	if err := o.FS.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("store %s: %w", o.Dir, err)
	}
	lock, err := pebble.LockDirectory(o.Dir, o.FS)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("store %s: %w", o.Dir, err)
		}
		return nil, fmt.Errorf("store %s: %w", o.Dir, kv.ErrLocked)
	}
	spares := newSpares(o.FS, o.Dir, int64(o.MemTableBytes), s.room, o.Logger)
	s.fs = newSteadyFS(o.FS, o.Dir, o.Logger, s.failed, spares)
	if err := s.open(o, lock); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", o.Dir, err), lock.Close())
	}
	s.lock = lock
	s.fs.opened.Store(true)
	s.reclaim = newReclaimer(s, o.rewriteAge)
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.background = make(chan struct{})
	go func() {
		defer close(s.background)
		var wg sync.WaitGroup
		wg.Go(func() { spares.run(s.quit) })
		wg.Go(func() { s.backlog.run(s.db, s.quit) })
		s.reclaim.run(ctx)
		wg.Wait()
	}()
	return s, nil
}

// open opens the database, whose lock is held.
func (s *Store) open(o Options, lock *pebble.Lock) error {
	desc, err := pebble.Peek(o.Dir, o.FS)
	if err != nil {
		// Pebble has no error value for this.
		if strings.Contains(err.Error(), "unknown format major version") {
			return fmt.Errorf("%w: %v", kv.ErrNewerSchema, err)
		}
		return wrap(err)
	}
	if desc.FormatMajorVersion > format {
		return fmt.Errorf("%w: file format %d, this program knows %d", kv.ErrNewerSchema, desc.FormatMajorVersion, format)
	}
	if !desc.Exists {
		if err := checkEmpty(o.FS, o.Dir); err != nil {
			return err
		}
	}
	// Pebble takes the memtables' memory out of the cache's.
	cache := pebble.NewCache(o.CacheBytes + 2*int64(o.MemTableBytes))
	defer cache.Unref()
	db, err := openPebble(o.Dir, s.options(o, lock, cache))
	if err != nil {
		// An existing database that cannot be opened for a reason other than
		// the system's is damaged: files missing, garbage inside.
		exists := desc.Exists || errors.Is(err, pebble.ErrDBNotPristine)
		if exists && !pebble.IsCorruptionError(err) && !isNoSpace(err) && !errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w: %w", kv.ErrCorrupt, brief{err})
		}
		return wrap(err)
	}
	s.db = db
	err = checkSchema(db)
	if err == nil {
		s.relaxed, err = openRelaxedLog(db, o.FS, o.Dir, s.failed, o.Logger)
	}
	if err == nil {
		s.unclean, err = countUnclean(db, desc.Exists)
	}
	if err != nil {
		return errors.Join(err, wrap(db.Close()))
	}
	return nil
}

// checkEmpty refuses to make a store of a directory that has files of one. Without the
// file that names the manifest, which is empty and easily forgotten by who copies a
// store, Pebble would make a new one and delete them. A store that a crash has kept
// from being made has a manifest at most.
func checkEmpty(files vfs.FS, dir string) error {
	names, err := files.List(dir)
	if err != nil {
		return wrap(err)
	}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".sst", ".blob", ".log":
			return fmt.Errorf("%w: it has %s, but no file marker.manifest.*", kv.ErrCorrupt, name)
		}
	}
	return nil
}

// openPebble turns what Pebble reports by panicking, or to the logger as
// fatal, into an error.
func openPebble(dir string, o *pebble.Options) (db *pebble.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", kv.ErrCorrupt, r)
		}
	}()
	return pebble.Open(dir, o)
}

func (s *Store) options(o Options, lock *pebble.Lock, cache *pebble.Cache) *pebble.Options {
	po := &pebble.Options{
		FS:                 s.fs,
		Lock:               lock,
		Cache:              cache,
		FormatMajorVersion: format,
		Logger:             &logger{log: o.Logger, failed: s.failed},
		EventListener:      events(o.Logger, o.removed, s.backlog.note),

		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 16 * maxMemTables, // see backlog
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       16 * maxSublevels,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                4096,
		BytesPerSync:                1 << 20,

		// A range that was deleted gives its space back without waiting for
		// the memtable to fill.
		FlushDelayDeleteRange: 10 * time.Second,
	}
	// A flush makes one table and one file of values, not one for every 2 MiB,
	// each of which is synced while commits wait for the same disk.
	for i := range po.TargetFileSizes {
		po.TargetFileSizes[i] = max(int64(o.MemTableBytes), 2<<20<<i)
	}
	for i := range po.Levels {
		po.Levels[i].BlockSize = 32 << 10
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	po.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.UniformDBCompressionSettings(onlyValues()) })
	po.Experimental.ValueSeparationPolicy = func() pebble.ValueSeparationPolicy {
		return pebble.ValueSeparationPolicy{
			Enabled:     true,
			MinimumSize: minSeparated,
			// With less, compactions write every value again and again: each
			// adds what it takes in to how many files a key range refers to.
			MaxBlobReferenceDepth: 100,
			RewriteMinimumAge:     o.rewriteAge,
			TargetGarbageRatio:    0.15,
		}
	}
	return po
}

// onlyValues compresses the files of values and no tables of keys. Rows of lists are
// a few per cent of a store, and compactions write them again and again; reading
// a list for the first time takes a fifth less time.
func onlyValues() *block.CompressionProfile {
	p := *block.FastestCompression
	p.Name = "values only"
	p.DataBlocks, p.OtherBlocks = block.NoCompression.DataBlocks, block.NoCompression.OtherBlocks
	return &p
}

// checkSchema compares the store's schema with this program's, and writes it
// to a new store.
func checkSchema(db *pebble.DB) error {
	value, closer, err := db.Get(schemaKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return wrap(db.Set(schemaKey(), appendUint64(nil, schema), pebble.Sync))
	}
	if err != nil {
		return wrap(err)
	}
	defer closer.Close()
	if len(value) != 8 {
		return fmt.Errorf("%w: schema row of %d bytes", kv.ErrCorrupt, len(value))
	}
	if found := binary.BigEndian.Uint64(value); found > schema {
		return fmt.Errorf("%w: schema %d, this program knows %d", kv.ErrNewerSchema, found, schema)
	}
	return nil
}
