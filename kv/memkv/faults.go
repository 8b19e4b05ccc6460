package memkv

import (
	"context"

	"github.com/restante/restante/kv"
)

// Faults decides what goes wrong. Each hook may be nil, may block (to delay or
// to order what happens), and is called from the goroutine of the operation.
type Faults struct {
	// BeforeCommit is called before a commit is looked at. With an error
	// nothing is written and Commit answers it: kv.ErrNoSpace, kv.ErrConflict
	// or whatever the test wants.
	BeforeCommit func(context.Context, Commit) error
	// AfterCommit is called once a commit is written. With an error Commit
	// answers it, though the batch is there: an outcome that the caller does
	// not know.
	AfterCommit func(context.Context, Commit) error
	// Read is called with every key that Get asks for or an iterator stands
	// on, and with a nil key for Snapshot. Its error becomes the operation's.
	Read func(p kv.Partition, key []byte) error
}

// Commit describes a commit to a fault hook, which must not keep the batch.
type Commit struct {
	N          int64 // which Commit call of this store it is, from 1
	Partition  kv.Partition
	Base       kv.Version
	Batch      *kv.Batch
	Durability kv.Durability
}

// Inject makes the store follow f from now on; the zero Faults ends all faults.
func (s *Store) Inject(f Faults) { s.faults.Store(&f) }

// Commits is how many times Commit was called with valid arguments.
func (s *Store) Commits() int64 { return s.commits.Load() }

// OnCommit answers a commit hook that fails commit number n (see Commit.N)
// with err and lets all others pass.
func OnCommit(n int64, err error) func(context.Context, Commit) error {
	return func(_ context.Context, c Commit) error {
		if c.N == n {
			return err
		}
		return nil
	}
}

// Writes answers a commit hook that fails with err all commits that write
// anything and lets those pass that make room, like a disk that is nearly
// full.
func Writes(err error) func(context.Context, Commit) error {
	return func(_ context.Context, c Commit) error {
		if c.Batch.MayUseReserve() {
			return nil
		}
		return err
	}
}

func (s *Store) readFault(p kv.Partition, key []byte) error {
	if f := s.faults.Load(); f != nil && f.Read != nil {
		return f.Read(p, key)
	}
	return nil
}
