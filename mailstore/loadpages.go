package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

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
	base, err := a.ownersSnapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.derive(ctx, base)
}

// ownersSnapshot is Snapshot as the owner sees the mailbox.
func (a *Account) ownersSnapshot(ctx context.Context, id restante.MailboxID) (*Snapshot, error) {
	if a.removed.Load() {
		return nil, notFound("account", uint64(a.id))
	}
	if s, err := a.state.Load().loaded(id); s != nil || err != nil {
		return s, err
	}
	a.writer.Lock()
	defer a.unlock()
	for {
		if s, err := a.state.Load().loaded(id); s != nil || err != nil {
			return s, err
		}
		if err := a.loadPagesLocked(ctx, id); err != nil {
			return nil, err
		}
	}
}

// loadPagesLocked reads the pages of a mailbox, unless it finds that the account has to be
// looked at again before.
func (a *Account) loadPagesLocked(ctx context.Context, id restante.MailboxID) error {
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return unavailable("open mailbox", err)
	}
	defer snap.Close()
	if snap.Version() != a.state.Load().version || !a.known() {
		if err := a.adoptLocked(ctx, snap, !a.doubted.Load()); err != nil {
			return err
		}
	}
	s := a.state.Load()
	i, ok := s.index[id]
	if !ok || s.version != snap.Version() { // it is gone, or adopting has changed the account
		return nil
	}
	pages, err := readPages(snap, id, nil)
	if err != nil {
		return unavailable("open mailbox", err)
	}
	next := *s
	next.mailboxes = slices.Clone(s.mailboxes)
	next.mailboxes[i] = s.mailboxes[i].withPages(pages, s)
	a.state.Store(&next)
	return nil
}

// after is Snapshot as of the state that a change of the mailbox has led to. It is nil if
// the mailbox's pages are not loaded, or what the account's viewer has seen there cannot be
// read now: what was committed is done, and whoever were told otherwise would do it again.
func (a *Account) after(ctx context.Context, s *State, id restante.MailboxID) *Snapshot {
	base, err := s.loaded(id)
	if err != nil {
		return nil
	}
	snap, err := a.derive(ctx, base)
	if err != nil {
		return nil
	}
	return snap
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
	w := int64(2048+300*len(s.mailboxes)+200*s.flags.live) + a.writer.threads.weight()
	for _, b := range s.mailboxes {
		if b.snapshot != nil {
			w += 90*int64(b.mailbox.Messages) + 1024
		} else if b.tail != nil {
			w += 8192
		}
	}
	return w
}
