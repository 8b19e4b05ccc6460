package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// load opens the account if that has not been done: it reads its head, removes uploads
// that were abandoned and begins a new epoch where one is due. Nobody uses the account
// before all of that is done.
func (a *Account) load(ctx context.Context) error {
	if a.removed.Load() {
		return notFound("account", uint64(a.id))
	}
	if a.opened.Load() {
		return nil
	}
	a.writer.Lock()
	defer a.unlock()
	if a.opened.Load() {
		return nil
	}
	return a.readLocked(ctx, func(snap kv.Snapshot) error {
		err := a.sweepLocked(ctx, snap)
		if err == nil {
			err = a.skipLocked(ctx)
		}
		a.opened.Store(err == nil)
		return err
	})
}

// reloadLocked reads the account from the engine and makes it the state. What
// has not changed keeps its pages.
func (a *Account) reloadLocked(ctx context.Context) error {
	return a.readLocked(ctx, func(kv.Snapshot) error { return nil })
}

// readLocked is reloadLocked, and then calls then with what the state was read from.
func (a *Account) readLocked(ctx context.Context, then func(kv.Snapshot) error) (err error) {
	now, doubted := a.store.Moment(), a.doubted.Swap(false)
	defer func() {
		if err != nil && doubted {
			a.doubted.Store(true)
		}
	}()
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return unavailable("open account", err)
	}
	defer snap.Close()
	if err := a.adoptLocked(ctx, snap, !doubted); err != nil {
		return err
	}
	a.upToDate(now)
	if a.state.Load().version != snap.Version() { // it was closed
		return a.readLocked(ctx, then)
	}
	return then(snap)
}

// adoptLocked makes what snap shows the state, or what it makes of that itself, where it
// closes snap. That the versions are equal says that both are if state is trusted.
func (a *Account) adoptLocked(ctx context.Context, snap kv.Snapshot, trusted bool) error {
	old := a.state.Load()
	next, err := a.store.readState(snap, old, trusted)
	if errors.Is(err, restante.ErrNotFound) && old != nil {
		a.removed.Store(true)
		a.writer.events = append(a.writer.events, notify.Event{Account: a.id, Removed: true, Structure: true})
	}
	if err != nil {
		return unavailable(fmt.Sprintf("account %d", a.id), err)
	}
	a.stale.Store(false)
	a.dropLost(old, next, trusted)
	if old == nil {
		a.store.counters.loads.Add(1)
		a.recent.Lock()
		a.recent.claimed = make(map[restante.MailboxID]restante.UID, len(next.mailboxes))
		for _, b := range next.mailboxes {
			a.recent.claimed[b.mailbox.ID] = b.mailbox.UIDNext
		}
		a.recent.Unlock()
		a.state.Store(next)
		return nil
	}
	a.store.counters.reloads.Add(1)
	next.urlResets = old.urlResets // which no row has
	a.state.Store(next)
	if next.version != old.version || !trusted {
		a.writer.threads.forget()
		a.writer.events = append(a.writer.events, a.difference(old, next))
	}
	lost := next.version < old.version || !trusted && next.contradicts(old)
	if known := a.writer.lost; lost && (known == nil || known.version < old.version) {
		a.writer.lost = old
	}
	return a.surviveLossLocked(ctx, snap)
}

// difference describes what another node did.
func (a *Account) difference(old, next *State) notify.Event {
	e := notify.Event{Account: a.id, ModSeq: next.ModSeq()}
	e.Structure = len(old.mailboxes) != len(next.mailboxes) || !slices.Equal(old.subscriptions, next.subscriptions) ||
		!maps.EqualFunc(old.acls, next.acls, slices.Equal[ACL])
	e.Metadata = old.account.metadata != next.account.metadata
	for _, b := range next.mailboxes {
		was := old.box(b.mailbox.ID)
		if was == b {
			if old.seen[b.mailbox.ID] != next.seen[b.mailbox.ID] {
				e.Mailboxes = append(e.Mailboxes, b.mailbox.ID)
			}
			continue
		}
		e.Mailboxes = append(e.Mailboxes, b.mailbox.ID)
		e.Metadata = e.Metadata || b.mailbox.MetadataModSeq != 0 && (was == nil || was.mailbox.MetadataModSeq != b.mailbox.MetadataModSeq)
		if was == nil || was.mailbox.Name != b.mailbox.Name || was.mailbox.NoSelect != b.mailbox.NoSelect ||
			!slices.Equal(was.mailbox.SpecialUse, b.mailbox.SpecialUse) {
			e.Structure = true
		}
	}
	return e
}

// readState reads an account's head. Mailboxes whose rows are as in old keep
// their boxes if it is trusted and the engine has lost no commits, after which others may have
// made the same row of other pages; of changed ones that had their pages loaded, the pages are
// read and those with equal bytes keep their pointers.
func (s *Store) readState(snap kv.Snapshot, old *State, trusted bool) (*State, error) {
	next := &State{version: snap.Version(), flags: newFlagTable(), outline: new(atomic.Pointer[Outline])}
	found := false
	same := old // whose boxes may be kept
	if old != nil && (!trusted || next.version < old.version) {
		same = nil
	}
	start, end := headRange()
	it := snap.Scan(start, end)
	for it.Next() {
		if it.Key()[0] == kindAccount {
			row, err := parseAccountRow(it.Value(), s.options.Limits.Quota)
			if err != nil {
				return nil, errors.Join(err, it.Close())
			}
			next.account, found = row, true
			continue
		}
		if err := next.readHeadRow(it.Key(), it.Value(), same); err != nil {
			return nil, errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("no account: %w", restante.ErrNotFound)
	}
	if old != nil && old.flags.same(next.flags) {
		next.flags = old.flags
	}
	next.arrange()
	next.metadata = next.account.metadata
	for _, b := range next.mailboxes {
		next.metadata = max(next.metadata, b.mailbox.MetadataModSeq)
	}
	return next, next.loadPages(snap, old)
}

// readHeadRow takes one row below kindPage, but the account row. old may be nil.
func (s *State) readHeadRow(key, value []byte, old *State) error {
	bad := func() error { return fmt.Errorf("mailstore: row %x: %w", key, restante.ErrCorrupt) }
	switch key[0] {
	case kindMailbox:
		n, rest, ok := keyNumber(key)
		if !ok || len(rest) > 0 {
			return bad()
		}
		id := restante.MailboxID(n)
		if old != nil {
			if b := old.box(id); b != nil && bytes.Equal(b.row, value) {
				s.mailboxes = append(s.mailboxes, b)
				return nil
			}
		}
		b, err := parseMailboxRow(id, bytes.Clone(value))
		if err != nil {
			return err
		}
		s.mailboxes = append(s.mailboxes, b)
	case kindSubscription:
		s.subscriptions = append(s.subscriptions, string(key[1:]))
	case kindFlagSet:
		if !s.flags.loadRow(key, value) {
			return bad()
		}
	case kindSeenChange:
		if !s.readSeenChange(key, value) {
			return bad()
		}
	case kindACL:
		if !s.readACL(key, value) {
			return bad()
		}
	default:
		return bad()
	}
	return nil
}

// arrange puts the mailboxes in order and indexes them.
func (s *State) arrange() {
	slices.SortFunc(s.mailboxes, func(a, b *box) int { return CompareNames(a.mailbox.Name, b.mailbox.Name) })
	s.index = make(map[restante.MailboxID]int, len(s.mailboxes))
	for i, b := range s.mailboxes {
		s.index[b.mailbox.ID] = i
	}
}
