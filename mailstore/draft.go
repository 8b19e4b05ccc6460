package mailstore

import (
	"fmt"
	"slices"

	"github.com/restante/restante"
)

// draft is a mailbox while a change to it is computed.
type draft struct {
	base    *box    // nil for a new mailbox
	mailbox Mailbox // as it will be
	floor   restante.ModSeq
	history uint32
	gone    bool // the mailbox will not exist
	touched bool // something changes; a draft may be opened only to be read
	changed bool // messages or flags change

	// loaded says that pages holds all pages; they were cloned if own. Else
	// tail and hasTail are as in box.
	loaded  bool
	own     bool
	pages   []*Page
	tail    *Page
	hasTail bool

	added []Message // to come after all others
	row   []byte
}

// open answers the draft of a mailbox; one draft serves all of a change. A
// mailbox that is not there, or only a level, is restante.ErrNotFound.
func (tx *txn) open(id restante.MailboxID) (*draft, error) {
	d := tx.draftOf(id)
	if d == nil || d.gone || d.mailbox.NoSelect {
		return nil, notFound("mailbox", uint64(id))
	}
	return d, nil
}

// draftOf is open for a mailbox of any kind; nil if there is none.
func (tx *txn) draftOf(id restante.MailboxID) *draft {
	for _, d := range tx.drafts {
		if d.mailbox.ID == id {
			return d
		}
	}
	b := tx.base.box(id)
	if b == nil {
		return nil
	}
	d := &draft{base: b, mailbox: *b.mailbox, floor: b.floor, history: b.history, tail: b.tail, hasTail: b.hasTail}
	if b.snapshot != nil {
		d.loaded, d.pages = true, b.snapshot.pages
	}
	tx.drafts = append(tx.drafts, d)
	return d
}

// load makes sure that the draft has all pages.
func (tx *txn) load(d *draft) error {
	if d.loaded {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	pages, err := readPages(view, d.mailbox.ID, nil)
	if err != nil {
		return unavailable("read pages", err)
	}
	d.pages, d.loaded, d.own = pages, true, true
	return nil
}

// loadTail makes sure that the draft knows its last page.
func (tx *txn) loadTail(d *draft) error {
	if d.loaded || d.hasTail {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	tail, err := readTail(view, d.mailbox.ID)
	if err != nil {
		return unavailable("read page", err)
	}
	d.tail, d.hasTail = tail, true
	return nil
}

// replace puts a page in place of page i; nil removes it.
func (tx *txn) replace(d *draft, i int, p *Page) {
	d.touched, d.changed = true, true
	if !d.own {
		d.pages, d.own = slices.Clone(d.pages), true
	}
	if p == nil {
		tx.batch.Delete(pageKey(d.mailbox.ID, d.pages[i].key), len(d.pages[i].raw))
	} else {
		tx.batch.Set(pageKey(d.mailbox.ID, p.key), p.row())
	}
	d.pages[i] = p // nil ones are dropped by compact
}

// compact takes removed pages out of the list.
func (d *draft) compact() {
	d.pages = slices.DeleteFunc(d.pages, func(p *Page) bool { return p == nil })
}

// add puts a message at the end of the mailbox and gives it its UID. Its flag
// set is of tx.flags. loadTail or load must have been called.
func (tx *txn) add(d *draft, m Message) (restante.UID, error) {
	if d.mailbox.UIDNext == 1<<32-1 || d.mailbox.Messages == 1<<32-1 {
		return 0, fmt.Errorf("mailstore: mailbox %q has no UID left: %w", d.mailbox.Name, restante.ErrLimit)
	}
	m.UID, m.ModSeq = d.mailbox.UIDNext, tx.modSeq
	d.mailbox.UIDNext++
	d.touched, d.changed = true, true
	d.added = append(d.added, m)
	d.count(tx.flags.system(m.FlagSet), m.Size, 1)
	tx.use(int64(m.Size), 1)
	return m.UID, nil
}

// count adds a message with these flags to the mailbox's counts, or takes it
// out with n = -1.
func (d *draft) count(system SystemFlags, size uint32, n int) {
	mb := &d.mailbox
	mb.Messages += uint32(n)
	mb.Size += uint64(n) * uint64(size)
	if system&Seen == 0 {
		mb.Unseen += uint32(n)
	}
	if system&Deleted != 0 {
		mb.Deleted += uint32(n)
		mb.DeletedSize += uint64(n) * uint64(size)
	}
}

// finishDraft writes the messages that were added, and the mailbox's row.
func (tx *txn) finishDraft(d *draft) {
	if d.gone || !d.touched {
		return
	}
	if len(d.added) > 0 {
		tx.finishAdded(d)
	}
	if d.changed {
		d.mailbox.HighestModSeq = tx.modSeq
	}
	d.row = appendMailboxRow(nil, &box{mailbox: &d.mailbox, floor: d.floor, history: d.history})
	tx.batch.Set(mailboxKey(d.mailbox.ID), d.row)
}

// finishAdded fills up the last page and makes new ones.
func (tx *txn) finishAdded(d *draft) {
	var last *Page
	if d.loaded {
		if n := len(d.pages); n > 0 {
			last = d.pages[n-1]
		}
		if !d.own {
			d.pages, d.own = slices.Clone(d.pages), true
		}
	} else {
		last = d.tail
	}
	added := d.added
	if last != nil && last.n < PageSize {
		n := min(len(added), PageSize-last.n)
		c := columnsOf(last)
		c.append(added[:n])
		last, added = c.page(last.key, tx.flags), added[n:]
		tx.batch.Set(pageKey(d.mailbox.ID, last.key), last.row())
		if d.loaded {
			d.pages[len(d.pages)-1] = last
		}
	}
	for len(added) > 0 {
		n := min(len(added), PageSize)
		last, added = newPage(added[0].UID, added[:n], tx.flags), added[n:]
		tx.batch.Set(pageKey(d.mailbox.ID, last.key), last.row())
		if d.loaded {
			d.pages = append(d.pages, last)
		}
	}
	d.tail = last
}

// box is the mailbox as part of the new state s, nil if it will not exist.
func (d *draft) box(s *State) *box {
	if d.gone {
		return nil
	}
	mb := d.mailbox
	b := &box{mailbox: &mb, row: d.row, floor: d.floor, history: d.history, tail: d.tail, hasTail: d.hasTail}
	if !d.loaded {
		return b
	}
	b.hasTail, b.tail = true, nil
	if n := len(d.pages); n > 0 {
		b.tail = d.pages[n-1]
	}
	b.snapshot = &Snapshot{mailbox: b.mailbox, flags: s.flags, modSeq: s.ModSeq(), pages: d.pages}
	b.snapshot.firsts = d.firsts()
	return b
}

// firsts are the sequence numbers of the pages' first messages. Where only
// flags changed or messages were added to the last page, the old ones serve.
func (d *draft) firsts() []uint32 {
	if d.base == nil || d.base.snapshot == nil || len(d.base.snapshot.pages) != len(d.pages) {
		return pageFirsts(d.pages)
	}
	old := d.base.snapshot
	for i, p := range d.pages[:max(0, len(d.pages)-1)] {
		if p != old.pages[i] && p.n != old.pages[i].n {
			return pageFirsts(d.pages)
		}
	}
	return old.firsts
}
