package mailstore

import (
	"context"
	"maps"
	"slices"
	"weak"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// labelChange is a new version of labels while it is made.
type labelChange struct {
	next  *Labels
	fresh map[uint64]bool // blocks that are not shared with the version before
	more  bool            // next.more is not shared
}

// updateLabels makes the labels of the account's state of those of an earlier one,
// nil for none. A mailbox in which nothing has happened is not looked at, and of the
// others the pages that are new. Pages that nobody has open are read and not kept.
func (a *Account) updateLabels(ctx context.Context, old *Labels) (*Labels, error) {
	s := a.State()
	if old == nil {
		old = &Labels{}
	}
	c := labelChange{
		next:  &Labels{version: s.version, boxes: make(map[restante.MailboxID]*labelBox, len(s.mailboxes)), blocks: slices.Clone(old.blocks), more: old.more},
		fresh: make(map[uint64]bool),
	}
	var stored kv.Snapshot
	defer func() {
		if stored != nil {
			_ = stored.Close()
		}
	}()
	for id, was := range old.boxes {
		if b := s.box(id); b == nil || b.mailbox.NoSelect {
			c.box(id, was, nil)
		}
	}
	for _, b := range s.mailboxes {
		id := b.mailbox.ID
		was := old.boxes[id]
		if b.mailbox.NoSelect || b.mailbox.Messages == 0 && was == nil {
			continue
		}
		if was != nil && was.modSeq == b.mailbox.HighestModSeq {
			c.next.boxes[id] = was
			continue
		}
		now, err := a.labelPages(ctx, s, b, &stored)
		if err != nil {
			return nil, err
		}
		c.box(id, was, now)
		c.next.boxes[id] = now
	}
	c.next.blocks = slices.DeleteFunc(c.next.blocks, func(b *labelBlock) bool { return len(b.in) == 0 })
	return c.next, ctx.Err()
}

// labelPages notes a mailbox as it is: as it was in state s, or, where its pages
// are not loaded and the account has moved on, later.
func (a *Account) labelPages(ctx context.Context, s *State, b *box, stored *kv.Snapshot) (*labelBox, error) {
	now := &labelBox{modSeq: b.mailbox.HighestModSeq}
	var pages []*Page
	switch snap := b.snapshot; {
	case snap != nil:
		pages = snap.pages
	default:
		if *stored == nil {
			view, err := a.store.kv.Snapshot(ctx, a.partition())
			if err != nil {
				return nil, unavailable("read labels", err)
			}
			*stored = view
		}
		if (*stored).Version() == s.version {
			var err error
			if pages, err = readPages(*stored, b.mailbox.ID, nil); err != nil {
				return nil, unavailable("read labels", err)
			}
			break
		}
		later, err := a.ownersSnapshot(ctx, b.mailbox.ID)
		if err != nil {
			return nil, err
		}
		now.modSeq, pages = later.mailbox.HighestModSeq, later.pages
	}
	now.pages = make([]labelPage, len(pages))
	for i, p := range pages {
		now.pages[i] = labelPage{of: weak.Make(p), emails: slices.Clip(p.EmailIDs())}
	}
	return now, nil
}

// box makes the difference of two versions of a mailbox, nil being none.
func (c *labelChange) box(id restante.MailboxID, was, now *labelBox) {
	known := make(map[weak.Pointer[Page]]bool)
	var gone, come []restante.EmailID
	if now != nil && was != nil {
		for i := range now.pages {
			known[now.pages[i].of] = true
		}
	}
	var old []labelPage // of pages that are there no more
	if was != nil {
		for _, p := range was.pages {
			if known[p.of] {
				delete(known, p.of)
				continue
			}
			old = append(old, p)
		}
	}
	if now != nil {
		for _, p := range now.pages {
			if was != nil && !known[p.of] {
				continue // in both
			}
			if len(old) > 0 {
				before := old[0].emails
				if old = old[1:]; slices.Equal(before, p.emails) {
					continue // its flags changed, or it was read anew
				}
				gone = append(gone, before...)
			}
			come = append(come, p.emails...)
		}
	}
	for _, p := range old {
		gone = append(gone, p.emails...)
	}
	slices.Sort(gone)
	slices.Sort(come)
	c.merge(id, gone, come)
}

// merge takes contents out of a mailbox and puts others in, both in order. What is
// in both lists stays.
func (c *labelChange) merge(id restante.MailboxID, gone, come []restante.EmailID) {
	for len(gone) > 0 || len(come) > 0 {
		switch {
		case len(come) == 0 || len(gone) > 0 && gone[0] < come[0]:
			c.remove(id, gone[0])
			gone = gone[1:]
		case len(gone) == 0 || come[0] < gone[0]:
			c.add(id, come[0])
			come = come[1:]
		default:
			gone, come = gone[1:], come[1:]
		}
	}
}

// block gives the block of a content, which may be changed.
func (c *labelChange) block(id restante.EmailID) *labelBlock {
	number := uint64(id) / blockSize
	i, ok := findBlock(c.next.blocks, number)
	switch {
	case !ok:
		c.next.blocks = slices.Insert(c.next.blocks, i, &labelBlock{number: number})
	case !c.fresh[number]:
		c.next.blocks[i] = &labelBlock{number: number, in: slices.Clone(c.next.blocks[i].in)}
	}
	c.fresh[number] = true
	return c.next.blocks[i]
}

// place finds the entry of a mailbox in a block.
func (b *labelBlock) place(id restante.MailboxID) (int, bool) {
	i := 0
	for i < len(b.in) && b.in[i].mailbox < id {
		i++
	}
	return i, i < len(b.in) && b.in[i].mailbox == id
}

func (c *labelChange) add(mailbox restante.MailboxID, id restante.EmailID) {
	b := c.block(id)
	i, ok := b.place(mailbox)
	if !ok {
		b.in = slices.Insert(b.in, i, labelEntry{mailbox: mailbox})
	}
	bit := int(id % blockSize)
	if b.in[i].has.has(bit) {
		c.count(labelCopy{mailbox, id}, 1)
	}
	b.in[i].has[bit/64] |= 1 << (bit % 64)
}

func (c *labelChange) remove(mailbox restante.MailboxID, id restante.EmailID) {
	if c.next.more[labelCopy{mailbox, id}] > 0 {
		c.count(labelCopy{mailbox, id}, -1)
		return
	}
	b := c.block(id)
	i, ok := b.place(mailbox)
	if !ok {
		return
	}
	bit := int(id % blockSize)
	b.in[i].has[bit/64] &^= 1 << (bit % 64)
	if b.in[i].has == (pageMask{}) {
		b.in = slices.Delete(b.in, i, i+1)
	}
}

// count notes further copies of a content.
func (c *labelChange) count(key labelCopy, n int) {
	if !c.more {
		c.next.more, c.more = maps.Clone(c.next.more), true
		if c.next.more == nil {
			c.next.more = make(map[labelCopy]int)
		}
	}
	if c.next.more[key] += n; c.next.more[key] == 0 {
		delete(c.next.more, key)
	}
}
