package mailstore

import (
	"cmp"
	"context"
	"slices"
	"weak"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Labels tells which mailboxes of an account hold a content: what mail programs call
// its labels. It is made when it is first asked for, from the columns of the pages,
// and brought up to date by the pages that have changed since; who does not ask pays
// nothing. It is immutable.
//
// Contents stand in blocks by their EmailIDs, in order of arrival, and each block has
// for every mailbox with something of it a bit a content. With what it takes to find
// out what has changed that is about ten octets a message.
type Labels struct {
	version kv.Version // of the state that it is of
	boxes   map[restante.MailboxID]*labelBox
	blocks  []*labelBlock // in order of numbers
	// more counts the further copies of a content in one mailbox.
	more map[labelCopy]int
}

// labelBox is what was known of a mailbox.
type labelBox struct {
	modSeq restante.ModSeq
	pages  []labelPage
}

// labelPage is a page without what may not be kept of it.
type labelPage struct {
	of     weak.Pointer[Page]
	emails []restante.EmailID
}

// labelBlock is the contents number*blockSize and following.
type labelBlock struct {
	number uint64
	in     []labelEntry // in order of mailboxes
}

type labelEntry struct {
	mailbox restante.MailboxID
	has     pageMask
}

type labelCopy struct {
	mailbox restante.MailboxID
	id      restante.EmailID
}

// Labels answers which mailboxes hold what now, as this node knows it.
func (a *Account) Labels(ctx context.Context) (*Labels, error) {
	cache := &a.store.columns
	columns := cache.account(a.id, a.State().version)
	if l := cache.getLabels(columns); l.of(a.State()) {
		return l, nil
	}
	if err := columns.lock(ctx); err != nil {
		return nil, err
	}
	defer columns.unlock()
	l := cache.getLabels(columns)
	if l.of(a.State()) {
		return l, nil
	}
	l, err := a.updateLabels(ctx, l)
	if err == nil {
		cache.putLabels(columns, l)
	}
	return l, err
}

// of reports whether there are labels, and they are those of a state.
func (l *Labels) of(s *State) bool { return l != nil && l.version == s.version }

// Mailboxes adds to dst the mailboxes that hold a content, in order of their IDs.
func (l *Labels) Mailboxes(dst []restante.MailboxID, id restante.EmailID) []restante.MailboxID {
	if b := l.block(uint64(id) / blockSize); b != nil {
		for i := range b.in {
			if b.in[i].has.has(int(id % blockSize)) {
				dst = append(dst, b.in[i].mailbox)
			}
		}
	}
	return dst
}

// block finds a block; nil if no mailbox has anything of it.
func (l *Labels) block(number uint64) *labelBlock {
	i, ok := findBlock(l.blocks, number)
	if !ok {
		return nil
	}
	return l.blocks[i]
}

func findBlock(blocks []*labelBlock, number uint64) (int, bool) {
	return slices.BinarySearchFunc(blocks, number, func(b *labelBlock, n uint64) int { return cmp.Compare(b.number, n) })
}

// size is about how much memory the labels take.
func (l *Labels) size() int64 {
	n := int64(256 + 48*len(l.more))
	for _, b := range l.blocks {
		n += int64(40 + 40*cap(b.in))
	}
	for _, box := range l.boxes {
		n += 64
		for i := range box.pages {
			n += int64(48 + 8*len(box.pages[i].emails))
		}
	}
	return n
}

// getLabels answers the labels that are kept of an account, nil if there are none.
func (c *columnCache) getLabels(a *accountColumns) *Labels {
	c.mu.Lock()
	defer c.mu.Unlock()
	return a.labels
}

// putLabels keeps labels as put does a block.
func (c *columnCache) putLabels(a *accountColumns, l *Labels) {
	size := l.size()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.takeLocked(a, size-a.labelsSize) {
		a.labels, a.labelsSize = l, size
	}
}
