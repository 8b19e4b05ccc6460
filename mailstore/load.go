package mailstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// load reads the account's head if that has not been done.
func (a *Account) load(ctx context.Context) error {
	if a.removed.Load() {
		return notFound("account", uint64(a.id))
	}
	if a.state.Load() != nil {
		return nil
	}
	a.writer.Lock()
	defer a.unlock()
	if a.state.Load() != nil {
		return nil
	}
	return a.reloadLocked(ctx)
}

// reloadLocked reads the account from the engine and makes it the state. What
// has not changed keeps its pages.
func (a *Account) reloadLocked(ctx context.Context) error {
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return unavailable("open account", err)
	}
	defer snap.Close()
	return a.adoptLocked(ctx, snap)
}

// adoptLocked makes what snap shows the state.
func (a *Account) adoptLocked(ctx context.Context, snap kv.Snapshot) error {
	old := a.state.Load()
	next, err := a.store.readState(snap, old)
	if errors.Is(err, restante.ErrNotFound) && old != nil {
		a.removed.Store(true)
		a.writer.events = append(a.writer.events, notify.Event{Account: a.id, Removed: true, Structure: true})
	}
	if err != nil {
		return unavailable(fmt.Sprintf("account %d", a.id), err)
	}
	a.writer.stale = false
	if old == nil {
		a.recent.Lock()
		a.recent.claimed = make(map[restante.MailboxID]restante.UID, len(next.mailboxes))
		for _, b := range next.mailboxes {
			a.recent.claimed[b.mailbox.ID] = b.mailbox.UIDNext
		}
		a.recent.Unlock()
		a.state.Store(next)
		return a.sweepLocked(ctx, snap)
	}
	a.state.Store(next)
	if next.version != old.version {
		a.writer.events = append(a.writer.events, a.difference(old, next))
	}
	return nil
}

// difference describes what another node did.
func (a *Account) difference(old, next *State) notify.Event {
	e := notify.Event{Account: a.id, ModSeq: next.ModSeq()}
	e.Structure = len(old.mailboxes) != len(next.mailboxes) || !slices.Equal(old.subscriptions, next.subscriptions)
	for _, b := range next.mailboxes {
		was := old.box(b.mailbox.ID)
		if was == b {
			continue
		}
		e.Mailboxes = append(e.Mailboxes, b.mailbox.ID)
		if was == nil || was.mailbox.Name != b.mailbox.Name || was.mailbox.NoSelect != b.mailbox.NoSelect ||
			!slices.Equal(was.mailbox.SpecialUse, b.mailbox.SpecialUse) {
			e.Structure = true
		}
	}
	return e
}

// readState reads an account's head. Mailboxes whose rows are as in old keep
// their boxes; of changed ones that had their pages loaded, the pages are read
// and those with equal bytes keep their pointers.
func (s *Store) readState(snap kv.Snapshot, old *State) (*State, error) {
	next := &State{version: snap.Version(), flags: newFlagTable()}
	found := false
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
		if err := next.readHeadRow(it.Key(), it.Value(), old); err != nil {
			return nil, errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("no account: %w", restante.ErrNotFound)
	}
	if old != nil && len(old.flags.sets) == len(next.flags.sets) {
		next.flags = old.flags // sets are only added
	}
	next.arrange()
	return next, next.loadPages(snap, old)
}

// readHeadRow takes one row below kindPage, but the account row.
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
		system, keywords, ok := parseFlagSet(value)
		if !ok || len(key) != 5 || !s.flags.load(FlagSetID(binary.BigEndian.Uint32(key[1:])), system, keywords) {
			return bad()
		}
	default:
		return bad()
	}
	return nil
}

// arrange puts the mailboxes in order and indexes them.
func (s *State) arrange() {
	slices.SortFunc(s.mailboxes, func(a, b *box) int {
		switch x, y := a.mailbox.Name, b.mailbox.Name; {
		case x == y:
			return 0
		case x == inbox, y != inbox && x < y:
			return -1
		}
		return 1
	})
	s.index = make(map[restante.MailboxID]int, len(s.mailboxes))
	for i, b := range s.mailboxes {
		s.index[b.mailbox.ID] = i
	}
}

// loadPages reads the pages of mailboxes that old had loaded and that are not
// the same any more.
func (s *State) loadPages(snap kv.Snapshot, old *State) error {
	if old == nil {
		return nil
	}
	for i, b := range s.mailboxes {
		was := old.box(b.mailbox.ID)
		if was == b || was == nil || was.snapshot == nil {
			continue
		}
		pages, err := readPages(snap, b.mailbox.ID, was.snapshot.pages)
		if err != nil {
			return err
		}
		s.mailboxes[i] = b.withPages(pages, s)
	}
	return nil
}

// withPages answers the box with its pages loaded.
func (b *box) withPages(pages []*Page, s *State) *box {
	c := *b
	c.hasTail, c.tail = true, nil
	if n := len(pages); n > 0 {
		c.tail = pages[n-1]
	}
	c.snapshot = NewSnapshot(b.mailbox, s.flags, s.ModSeq(), pages)
	return &c
}

// readPages reads all pages of a mailbox. Those in reuse with equal bytes are
// taken from there.
func readPages(snap kv.Snapshot, id restante.MailboxID, reuse []*Page) ([]*Page, error) {
	var pages []*Page
	start, end := pageRange(id)
	it := snap.Scan(start, end)
	for it.Next() {
		first, ok := pageKeyUID(it.Key())
		if !ok {
			return nil, errors.Join(fmt.Errorf("mailstore: page key %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		for len(reuse) > 0 && reuse[0].key < first {
			reuse = reuse[1:]
		}
		value := it.Value()
		if len(reuse) > 0 && reuse[0].key == first && bytes.Equal(reuse[0].raw, value) {
			pages = append(pages, reuse[0])
			continue
		}
		p, err := parsePage(first, bytes.Clone(value))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("mailbox %d: %w", id, err), it.Close())
		}
		pages = append(pages, p)
	}
	return pages, it.Close()
}

// readTail reads the last page of a mailbox, nil if it has none.
func readTail(snap kv.Snapshot, id restante.MailboxID) (*Page, error) {
	start, end := pageRange(id)
	it := snap.Scan(start, end)
	if !it.SeekLT(nil) {
		return nil, it.Close()
	}
	first, ok := pageKeyUID(it.Key())
	if !ok {
		return nil, errors.Join(fmt.Errorf("mailstore: page key %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
	}
	p, err := parsePage(first, bytes.Clone(it.Value()))
	return p, errors.Join(err, it.Close())
}

// Snapshot answers a mailbox as it is now, reading its pages if this node does
// not have them. A mailbox that is not there, or that is only a level of the
// hierarchy, is restante.ErrNotFound.
func (a *Account) Snapshot(ctx context.Context, id restante.MailboxID) (*Snapshot, error) {
	if a.removed.Load() {
		return nil, notFound("account", uint64(a.id))
	}
	if s, err := a.state.Load().loaded(id); s != nil || err != nil {
		return s, err
	}
	a.writer.Lock()
	defer a.unlock()
	if s, err := a.state.Load().loaded(id); s != nil || err != nil {
		return s, err
	}
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return nil, unavailable("open mailbox", err)
	}
	defer snap.Close()
	if snap.Version() != a.state.Load().version || a.writer.stale {
		if err := a.adoptLocked(ctx, snap); err != nil {
			return nil, err
		}
	}
	s := a.state.Load()
	i, ok := s.index[id]
	if !ok {
		return nil, notFound("mailbox", uint64(id))
	}
	pages, err := readPages(snap, id, nil)
	if err != nil {
		return nil, unavailable("open mailbox", err)
	}
	next := *s
	next.mailboxes = slices.Clone(s.mailboxes)
	next.mailboxes[i] = s.mailboxes[i].withPages(pages, s)
	a.state.Store(&next)
	return next.loaded(id)
}

// loaded answers the snapshot of a mailbox, nil if its pages are not loaded.
func (s *State) loaded(id restante.MailboxID) (*Snapshot, error) {
	b := s.box(id)
	if b == nil || b.mailbox.NoSelect {
		return nil, notFound("mailbox", uint64(id))
	}
	if b.snapshot == nil {
		return nil, nil
	}
	return b.snapshot.at(s.ModSeq(), s.flags), nil
}

// weight is about how much memory the account takes.
func (a *Account) weight() int64 {
	s := a.state.Load()
	if s == nil {
		return 0
	}
	w := int64(2048 + 300*len(s.mailboxes) + 200*s.flags.Len())
	for _, b := range s.mailboxes {
		if b.snapshot != nil {
			w += 80*int64(b.mailbox.Messages) + 1024
		} else if b.tail != nil {
			w += 8192
		}
	}
	return w
}
