// Package countkv counts what is asked of an engine, for tests that hold what
// commands cost: questions, and rows by kind. It is a [kv.Store] before another one,
// and offers what kv/pgkv does beside the contract, so that callers go the ways that
// save round trips.
package countkv

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Store counts what is asked of an engine. All methods may be called concurrently.
type Store struct {
	kv.Store
	mu struct {
		sync.Mutex
		count Count
	}
}

var (
	_ kv.Versioner    = (*Store)(nil)
	_ kv.Looker       = (*Store)(nil)
	_ kv.PlacesLooker = (*Store)(nil)
	_ kv.Expecter     = (*Store)(nil)
)

// New counts what is asked of s.
func New(s kv.Store) *Store {
	c := &Store{Store: s}
	c.Take()
	return c
}

// Take answers what was asked for since the last time, or since New.
func (s *Store) Take() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.mu.count
	s.mu.count = Count{}
	return count
}

// Count answers what was asked for since Take.
func (s *Store) Count() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.mu.count)
}

// UncleanOpens answers what the engine does; 0 for one that loses nothing.
func (s *Store) UncleanOpens() uint64 {
	if e, ok := s.Store.(interface{ UncleanOpens() uint64 }); ok {
		return e.UncleanOpens()
	}
	return 0
}

func (s *Store) add(word string, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mu.count[word]
	s.mu.count[word] = Amount{a.N + 1, a.Bytes + bytes}
}

func (s *Store) ask(word string, p kv.Partition) { s.add(word+" "+side(p), 0) }

// row counts a row that was read or written.
func (s *Store) row(word string, p kv.Partition, key []byte, bytes int) {
	form := "%s %02x"
	if isDirectory(p) {
		form = "%s %c"
	}
	var kind byte // of the range of all keys
	if len(key) > 0 {
		kind = key[0]
	}
	s.add(fmt.Sprintf(form, word, kind), bytes)
}

func isDirectory(p kv.Partition) bool { return p < kv.Partition(restante.FirstAccountID) }

func side(p kv.Partition) string {
	if isDirectory(p) {
		return "directory"
	}
	return "account"
}

// Version implements kv.Versioner.
func (s *Store) Version(ctx context.Context, p kv.Partition) (kv.Version, error) {
	s.ask("version", p)
	return kv.VersionOf(ctx, s.Store, p)
}

// Look implements kv.Looker.
func (s *Store) Look(ctx context.Context, p kv.Partition, ranges []kv.Range) ([]kv.Row, kv.Version, error) {
	s.ask("look", p)
	rows, version, err := kv.First(ctx, s.Store, p, ranges)
	for i, row := range rows {
		s.row("read", p, ranges[i].Start, len(row.Value))
	}
	return rows, version, err
}

// LookAt implements kv.PlacesLooker. It is one question, of the first place's side.
func (s *Store) LookAt(ctx context.Context, places []kv.Place) ([]kv.Found, error) {
	if len(places) > 0 {
		s.ask("look", places[0].Partition)
	}
	found, err := kv.FirstAt(ctx, s.Store, places)
	for i, row := range found {
		s.row("read", places[i].Partition, places[i].Range.Start, len(row.Value))
	}
	return found, err
}

// Commit implements kv.Store.
func (s *Store) Commit(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	s.noteCommit(p, b)
	return s.Store.Commit(ctx, p, base, b, d)
}

// CommitExpecting implements kv.Expecter.
func (s *Store) CommitExpecting(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability, empty []kv.Range) (kv.Version, error) {
	s.noteCommit(p, b)
	return kv.CommitExpecting(ctx, s.Store, p, base, b, d, empty)
}

func (s *Store) noteCommit(p kv.Partition, b *kv.Batch) {
	s.ask("commit", p)
	if b != nil {
		for _, op := range b.Ops() {
			s.row("write", p, op.Key, len(op.Value))
		}
	}
}

// Snapshot implements kv.Store.
func (s *Store) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	s.ask("snapshot", p)
	snap, err := s.Store.Snapshot(ctx, p)
	if err != nil {
		return nil, err
	}
	return &snapshot{Snapshot: snap, store: s, partition: p}, nil
}

// snapshot counts what is read of a snapshot.
type snapshot struct {
	kv.Snapshot
	store     *Store
	partition kv.Partition
}

func (s *snapshot) Get(key, dst []byte) ([]byte, error) {
	value, err := s.Snapshot.Get(key, dst)
	s.store.row("read", s.partition, key, len(value)-len(dst))
	return value, err
}

func (s *snapshot) Scan(start, end []byte) kv.Iterator {
	return &iterator{Iterator: s.Snapshot.Scan(start, end), snap: s}
}

// iterator counts the rows on which it comes to stand.
type iterator struct {
	kv.Iterator
	snap *snapshot
}

func (it *iterator) came(there bool) bool {
	if there {
		it.snap.store.row("read", it.snap.partition, it.Key(), len(it.Value()))
	}
	return there
}

func (it *iterator) Next() bool             { return it.came(it.Iterator.Next()) }
func (it *iterator) Prev() bool             { return it.came(it.Iterator.Prev()) }
func (it *iterator) SeekGE(key []byte) bool { return it.came(it.Iterator.SeekGE(key)) }
func (it *iterator) SeekLT(key []byte) bool { return it.came(it.Iterator.SeekLT(key)) }
