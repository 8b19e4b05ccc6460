package mailstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/internal/buffers"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// Store keeps accounts. All methods may be called concurrently.
type Store struct {
	options  Options
	kv       kv.Store
	blobs    blob.Store // nil: none
	reaper   *reaper    // nil without blobs
	hub      *notify.Hub
	now      func() time.Time
	single   bool // no other node commits to the engine
	begun    time.Time
	buffers  *buffers.Pool // of messages on their way
	columns  columnCache
	seed     maphash.Seed // of hashes in columns
	cache    accountCache
	counters counters
	losses   atomic.Uint64 // see Losses

	stopWatch context.CancelFunc
	watching  sync.WaitGroup
}

// hash is a hash of octets that nobody can foresee.
func (s *Store) hash(b []byte) uint64 { return maphash.Bytes(s.seed, b) }

// singleWriter is implemented by engines that can tell that nobody else
// commits to them, so that cached state needs no validation.
type singleWriter interface{ SingleWriter() bool }

// AccountInfo describes an account in a listing.
type AccountInfo struct {
	ID      restante.AccountID
	Name    string
	Usage   Usage
	Quota   Quota
	Created time.Time
}

// Open answers a store on o.KV, which the caller closes after the store.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.KV == nil {
		return nil, fmt.Errorf("mailstore: no storage engine: %w", restante.ErrInvalid)
	}
	o = o.withDefaults()
	for _, m := range o.Mailboxes {
		if _, err := o.Limits.newName(m.Name); err != nil {
			return nil, err
		}
		if _, err := normalizeUses(m.SpecialUse); err != nil {
			return nil, err
		}
	}
	s := &Store{
		options: o, begun: time.Now(), kv: o.KV, blobs: o.Blobs, hub: o.Notify, now: o.Now,
		buffers: buffers.New(4<<10, 2*heldMessage), seed: maphash.MakeSeed(),
	}
	if e, ok := o.KV.(singleWriter); ok {
		s.single = e.SingleWriter()
	}
	s.cache.init(o.IdleBytes)
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	changes, err := s.kv.Watch(watch)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("mailstore: watch: %w", err)
	}
	s.stopWatch = cancel
	s.watching.Go(func() { s.watch(watch, changes) })
	if s.blobs != nil {
		s.reaper = newReaper(s)
		s.watching.Go(func() { s.reaper.run(watch) })
	}
	return s, nil
}

// Close ends what runs in the background. Accounts must not be used afterwards.
func (s *Store) Close() error {
	s.stopWatch()
	s.watching.Wait()
	return nil
}

// Limits gives the bounds that the store keeps, with their defaults filled in.
func (s *Store) Limits() Limits { return s.options.Limits }

// CreateAccount makes an account with INBOX and Options.Mailboxes. The name is
// kept for people to read; it need not be unique.
func (s *Store) CreateAccount(ctx context.Context, name string) (restante.AccountID, error) {
	return s.create(ctx, name, 0)
}

// ReplaceAccount is CreateAccount for a name whose account old was removed: no
// mailbox gets a UIDVALIDITY that one of old had (RFC 9051 §2.3.1.1).
func (s *Store) ReplaceAccount(ctx context.Context, name string, old restante.AccountID) (restante.AccountID, error) {
	last, err := s.lastUIDValidity(ctx, old)
	if err != nil {
		return 0, unavailable("create account", err)
	}
	if err := s.forgetGuest(ctx, old); err != nil {
		s.options.Logger.Warn("what a removed account has left in others' is still there; restante check --repair removes it", "account", uint64(old), "error", err)
	}
	return s.create(ctx, name, last)
}

// removing is how many UIDVALIDITYs an account may give out while its removal is
// under way.
const removing = 1000

// lastUIDValidity answers a number above which an account that was removed, or is
// just being removed, gives out no UIDVALIDITY; 0 for one that never was.
func (s *Store) lastUIDValidity(ctx context.Context, id restante.AccountID) (uint32, error) {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(id))
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	value, err := snap.Get(goneKey(), nil)
	if err == nil && len(value) == 4 {
		return binary.BigEndian.Uint32(value), nil
	}
	if err == nil || errors.Is(err, kv.ErrNotFound) {
		value, err = snap.Get(accountKey(), nil)
	}
	if err != nil {
		if errors.Is(err, kv.ErrNotFound) {
			err = nil
		}
		return 0, err
	}
	row, err := parseAccountRow(value, Quota{})
	return row.lastUIDValidity + removing, err
}

// create makes an account whose UIDVALIDITYs are above lastUIDValidity.
func (s *Store) create(ctx context.Context, name string, lastUIDValidity uint32) (restante.AccountID, error) {
	for {
		id, err := randomAccountID()
		if err != nil {
			return 0, err
		}
		batch, err := s.newAccount(name, lastUIDValidity)
		if err != nil {
			return 0, err
		}
		_, err = s.kv.Commit(ctx, kv.Partition(id), 0, batch, kv.Durable)
		if errors.Is(err, kv.ErrConflict) {
			continue // taken: one in 2^63
		}
		if err != nil && !s.isMade(ctx, id) {
			return 0, unavailable("create account", err)
		}
		return id, nil
	}
}

// isMade reports whether an account is there whose commit ended in an error.
func (s *Store) isMade(ctx context.Context, id restante.AccountID) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_, err := s.info(ctx, id)
	return err == nil
}

// newAccount computes an account's first rows.
func (s *Store) newAccount(name string, lastUIDValidity uint32) (*kv.Batch, error) {
	now := s.now()
	row := accountRow{
		name: name, created: now.Unix(), nextMailbox: 1, nextEmail: 1, lastUIDValidity: lastUIDValidity,
		epoch: modSeqEpoch{unclean: s.unclean()},
	}
	tx := &txn{
		limits: s.options.Limits, now: now, modSeq: 1, row: row,
		base: &State{account: row, flags: newFlagTable()},
	}
	tx.flags = tx.base.flags
	if _, err := tx.create(inbox, nil); err != nil {
		return nil, err
	}
	for _, m := range s.options.Mailboxes {
		if err := tx.createTree(m.Name, m.SpecialUse); err != nil && !errors.Is(err, restante.ErrExists) {
			return nil, err
		}
	}
	for _, d := range tx.drafts {
		if s.options.Subscribe {
			tx.batch.Set(subscriptionKey(d.mailbox.Name), nil)
		}
	}
	tx.finish()
	return &tx.batch, nil
}

func randomAccountID() (restante.AccountID, error) {
	for {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, fmt.Errorf("mailstore: create account: %w", err)
		}
		id := restante.AccountID(binary.BigEndian.Uint64(b[:]) >> 1)
		if id.Valid() {
			return id, nil
		}
	}
}

// RemoveAccount removes an account with all it holds, and what it has left in
// others': after itself, so that nothing is added meanwhile. Whoever has it open gets
// restante.ErrNotFound from then on. If only the rest fails it can be called again.
func (s *Store) RemoveAccount(ctx context.Context, id restante.AccountID) error {
	a, err := s.Account(ctx, id)
	if errors.Is(err, restante.ErrNotFound) {
		if e := s.forgetGuest(ctx, id); e != nil {
			return e
		}
		return err
	}
	if err != nil {
		return err
	}
	defer a.Release()
	if err := a.remove(ctx); err != nil {
		return err
	}
	return s.forgetGuest(ctx, id)
}

// Accounts calls f for each account in the order of their numbers, until f
// answers an error, which it returns. An account whose row cannot be read is
// skipped with a warning in the log.
func (s *Store) Accounts(ctx context.Context, f func(AccountInfo) error) error {
	return s.kv.Partitions(ctx, func(p kv.Partition, _ kv.Version) error {
		id := restante.AccountID(p)
		if !id.Valid() {
			return nil
		}
		info, err := s.info(ctx, id)
		switch {
		case errors.Is(err, restante.ErrNotFound):
			return nil
		case errors.Is(err, restante.ErrCorrupt):
			s.options.Logger.Warn("cannot list account", "account", uint64(id), "error", err)
			return nil
		case err != nil:
			return err
		}
		return f(info)
	})
}

func (s *Store) info(ctx context.Context, id restante.AccountID) (AccountInfo, error) {
	snap, err := s.kv.Snapshot(ctx, kv.Partition(id))
	if err != nil {
		return AccountInfo{}, err
	}
	defer snap.Close()
	value, err := snap.Get(accountKey(), nil)
	if err != nil {
		return AccountInfo{}, err
	}
	row, err := parseAccountRow(value, s.options.Limits.Quota)
	if err != nil {
		return AccountInfo{}, err
	}
	start, end := kindRange(kindMailbox)
	it := snap.Scan(start, end)
	for it.Next() {
		row.usage.Mailboxes++
	}
	return AccountInfo{
		ID: id, Name: row.name, Usage: row.usage, Quota: row.quota, Created: time.Unix(row.created, 0),
	}, it.Close()
}
