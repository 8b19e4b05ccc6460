package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

const (
	// syncAfter is how long a Relaxed commit may wait for its sync; the sync
	// itself takes some of the 50 ms that kv.Relaxed promises.
	syncAfter = 35 * time.Millisecond
	// syncBytes is the size of the log at which the sync starts at once.
	syncBytes = 4 << 20
)

// relaxedLog keeps Relaxed commits from a crash of the process.
//
// Pebble's own log is no help: a commit without sync stays in the process's
// memory until a sync or 32 KiB more come, and pretending to sync makes Pebble
// note positions as synced that are not, which after a power cut it would take
// for damage. So a Relaxed commit is first written to one of two files here,
// with one write, and then applied to Pebble without sync. The operating system
// has it then, and the process may die. Within syncAfter Pebble's log is synced,
// and after that the file's records are not needed any more: the next Relaxed
// commits go to the other file, and so on in turn.
//
// These files are never synced: after a power cut they promise nothing. Opening
// replays them: each record names the version that it makes, so that it is
// applied if and only if Pebble has lost it.
type relaxedLog struct {
	db     *pebble.DB
	failed *failure

	syncing sync.Mutex // held while the files change roles
	dirty   chan struct{}
	full    chan struct{}
	quit    chan struct{}
	ended   chan struct{} // closed when run has ended

	mu struct {
		sync.Mutex
		files  [2]logFile
		active int
		seq    uint64
		buf    []byte
	}
}

// logFile is one of the two files.
type logFile struct {
	f    vfs.File
	salt uint64 // tells this round's records from older ones in the file
	seq  uint64 // rises with each round over both files
	end  int64
	// applying counts the commits that are in the file and perhaps not in
	// Pebble's log yet.
	applying sync.WaitGroup
}

func relaxedNames(fs vfs.FS, dir string) [2]string {
	return [2]string{fs.PathJoin(dir, "RELAXED-0"), fs.PathJoin(dir, "RELAXED-1")}
}

// openRelaxedLog replays what a crash has left in dir and starts new files.
func openRelaxedLog(db *pebble.DB, fs vfs.FS, dir string, failed *failure, log *slog.Logger) (_ *relaxedLog, err error) {
	names := relaxedNames(fs, dir)
	if err := replay(db, fs, names, log); err != nil {
		return nil, err
	}
	if err := discard(fs, dir, names); err != nil {
		return nil, err
	}
	r := &relaxedLog{
		db: db, failed: failed,
		dirty: make(chan struct{}, 1), full: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	for i, name := range names {
		f, err := fs.OpenReadWrite(name, "restante-relaxed")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("pebblekv: relaxed log: %w", wrap(err)), r.closeFiles())
		}
		r.mu.files[i].f = f
	}
	r.mu.files[0].salt = rand.Uint64()
	go r.run()
	return r, nil
}

// discard removes old files for good, so that no later power cut can bring
// their records back.
func discard(fsys vfs.FS, dir string, names [2]string) error {
	removed := false
	for _, name := range names {
		err := fsys.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("pebblekv: relaxed log: %w", err)
		}
		removed = removed || err == nil
	}
	if !removed {
		return nil
	}
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("pebblekv: relaxed log: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// commit writes the batch, which makes version of p, so that it survives the
// process.
func (r *relaxedLog) commit(p kv.Partition, version kv.Version, pb *pebble.Batch) error {
	file, err := r.write(record{partition: p, version: version, batch: pb.Repr()})
	if err != nil {
		return err
	}
	defer file.applying.Done()
	return pb.Commit(pebble.NoSync)
}

// write appends the record to the active file and answers it; the caller ends
// its use with applying.Done.
func (r *relaxedLog) write(rec record) (*logFile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	file := &r.mu.files[r.mu.active]
	r.mu.buf = rec.append(r.mu.buf[:0], file.seq, file.salt)
	// A write that fails in the middle leaves bytes that the next one
	// replaces; its checksum does not hold, so that a replay ends before it.
	if _, err := file.f.WriteAt(r.mu.buf, file.end); err != nil {
		return nil, fmt.Errorf("relaxed log: %w", err)
	}
	if file.end == 0 {
		notify(r.dirty)
	}
	file.end += int64(len(r.mu.buf))
	if file.end >= syncBytes {
		notify(r.full)
	}
	file.applying.Add(1)
	return file, nil
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run syncs in time whatever was written.
func (r *relaxedLog) run() {
	defer close(r.ended)
	timer := time.NewTimer(syncAfter)
	defer timer.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-r.dirty:
		}
		timer.Reset(syncAfter)
		select {
		case <-r.quit:
			return
		case <-r.full:
		case <-timer.C:
		}
		if err := r.sync(); err != nil {
			r.failed.set(err)
			return
		}
	}
}

// sync puts all Relaxed commits that have returned on stable storage.
//
// After a failure it leaves the files as they are: both may hold commits that
// are nowhere else, for the next Open to replay.
func (r *relaxedLog) sync() error {
	r.syncing.Lock()
	defer r.syncing.Unlock()
	if err := r.failed.get(); err != nil {
		return err
	}
	r.mu.Lock()
	old := &r.mu.files[r.mu.active]
	if old.end == 0 {
		r.mu.Unlock()
		return nil
	}
	// The other file's records were synced when it was the old one.
	r.mu.seq++
	r.mu.active = 1 - r.mu.active
	next := &r.mu.files[r.mu.active]
	next.seq, next.salt, next.end = r.mu.seq, rand.Uint64(), 0
	r.mu.Unlock()

	old.applying.Wait()
	if err := r.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("pebblekv: sync: %w", wrap(err))
	}
	return r.failed.get()
}

// close ends the syncing, after a last one by the caller.
func (r *relaxedLog) close() error {
	close(r.quit)
	<-r.ended
	return errors.Join(r.sync(), r.closeFiles())
}

func (r *relaxedLog) closeFiles() error {
	var errs []error
	for i := range r.mu.files {
		if f := r.mu.files[i].f; f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// replay applies the records of both files, the older one's first, that Pebble
// does not have, and syncs them.
func replay(db *pebble.DB, fs vfs.FS, names [2]string, log *slog.Logger) error {
	var logs [2]*logReader
	for i, name := range names {
		var err error
		if logs[i], err = readLog(fs, name); err != nil {
			return fmt.Errorf("pebblekv: relaxed log: %w", err)
		}
	}
	if logs[0].seq > logs[1].seq {
		logs[0], logs[1] = logs[1], logs[0]
	}
	applied := 0
	for _, l := range logs {
		for rec, ok := l.next(); ok; rec, ok = l.next() {
			did, err := redo(db, rec)
			if err != nil {
				return fmt.Errorf("pebblekv: relaxed log: %w", wrap(err))
			}
			if did {
				applied++
			}
		}
	}
	if applied == 0 {
		return nil
	}
	log.LogAttrs(context.Background(), slog.LevelInfo, "recovered flag changes", slog.Int("commits", applied))
	return wrap(db.LogData(nil, pebble.Sync))
}

// redo applies a record if it makes the partition's next version.
func redo(db *pebble.DB, rec record) (bool, error) {
	have, err := readVersion(db, rec.partition)
	if err != nil || have+1 != rec.version {
		return false, err
	}
	pb := db.NewBatch()
	if err := pb.SetRepr(append([]byte(nil), rec.batch...)); err != nil {
		return false, errors.Join(err, pb.Close())
	}
	return true, errors.Join(pb.Commit(pebble.NoSync), pb.Close())
}
