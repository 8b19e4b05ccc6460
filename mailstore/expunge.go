package mailstore

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// mergedPage is how many messages two neighbouring pages have together at most,
// after one of them shrank, for them to become one.
const mergedPage = PageSize / 2

// ExpungeResult tells what Expunge did.
type ExpungeResult struct {
	UIDs     UIDSet          // of the messages that are gone
	ModSeq   restante.ModSeq // of the expunge; 0 if there was nothing to do
	Snapshot *Snapshot       // the mailbox afterwards, nil if it cannot be read now
}

// Expunge removes the messages that have \Deleted, of those in uids or, if it
// is nil, of all, in one durable commit. The contents of messages without
// another copy go with them. If there are none there is no commit. The error
// is restante.ErrNotFound for the mailbox.
func (a *Account) Expunge(ctx context.Context, mb restante.MailboxID, uids UIDSet) (ExpungeResult, error) {
	return a.expunge(ctx, mb, func(tx *txn, d *draft) UIDSet { return d.deleted(tx.flags, uids) })
}

// expunge removes the messages that doomed gives of a mailbox as it is then.
func (a *Account) expunge(ctx context.Context, mb restante.MailboxID, doomed func(*txn, *draft) UIDSet) (ExpungeResult, error) {
	var result ExpungeResult
	state, err := a.updateMessages(ctx, kv.Durable, mb, func(tx *txn, d *draft) error {
		result = ExpungeResult{}
		gone := doomed(tx, d)
		if len(gone) == 0 {
			return nil
		}
		result.UIDs, result.ModSeq = gone, tx.modSeq
		tx.batch.UseReserve()
		return tx.expunge(d, gone)
	})
	if err != nil {
		return ExpungeResult{}, err
	}
	result.Snapshot = a.after(ctx, state, mb)
	return result, nil
}

// deleted are the UIDs of the messages with \Deleted, of those in uids if it is
// not nil.
func (d *draft) deleted(flags *FlagTable, uids UIDSet) UIDSet {
	var set UIDSet
	for _, p := range d.pages {
		if p.deleted == 0 {
			continue
		}
		for j, id := range p.FlagSets() {
			if flags.system(id)&Deleted == 0 {
				continue
			}
			if uid := p.UID(j); uids == nil || uids.Contains(uid) {
				set = set.Add(uid)
			}
		}
	}
	return set
}

// expunge removes messages from a loaded draft, and the contents that have no
// other copy.
func (tx *txn) expunge(d *draft, uids UIDSet) error {
	taken, err := tx.take(d, uids)
	if err != nil {
		return err
	}
	gone := taken[:0]
	for _, c := range taken {
		last, err := tx.release(c.id)
		if err != nil {
			return err
		}
		if last {
			gone = append(gone, c)
		}
	}
	return tx.dropContents(gone)
}

// take removes messages from a loaded draft and notes them in its history. It
// answers what their contents are, whose references it leaves alone.
func (tx *txn) take(d *draft, uids UIDSet) ([]content, error) {
	var taken []content
	var shrunk []int
	err := eachOverlap(d.pages, uids, func(i int, spans []span) error {
		p := d.pages[i]
		keep := make([]int, 0, p.n)
		at := 0
		for _, s := range spans {
			for ; at < s.from; at++ {
				keep = append(keep, at)
			}
			for ; at < s.to; at++ {
				taken = append(taken, content{p.EmailID(at), p.Size(at)})
				d.count(tx.flags.system(p.FlagSet(at)), p.Size(at), -1)
				tx.use(-int64(p.Size(at)), -1)
			}
		}
		for ; at < p.n; at++ {
			keep = append(keep, at)
		}
		tx.replace(d, i, p.pick(keep, tx.flags))
		shrunk = append(shrunk, i)
		return nil
	})
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	tx.mergePages(d, shrunk)
	d.compact()
	if err := tx.dropAnnotations(d, uids); err != nil {
		return nil, err
	}
	if err := tx.dropSeenOf(d, uids); err != nil {
		return nil, err
	}
	return taken, tx.remember(d, uids)
}

// pick makes a page of some of p's messages, nil of none.
func (p *Page) pick(keep []int, flags *FlagTable) *Page {
	if len(keep) == 0 {
		return nil
	}
	from := columnsOf(p)
	var c columnSet
	c.pick(&from, keep)
	return c.page(p.key, flags)
}

// mergePages joins pages that shrank with the pages before them where both are
// small. Removed pages are nil still.
func (tx *txn) mergePages(d *draft, shrunk []int) {
	for _, i := range shrunk {
		p := d.pages[i]
		before := i - 1
		for before >= 0 && d.pages[before] == nil {
			before--
		}
		if p == nil || before < 0 || d.pages[before].n+p.n > mergedPage {
			continue
		}
		c := columnSet{}
		for _, q := range [...]*Page{d.pages[before], p} {
			from := columnsOf(q)
			c.pick(&from, indexes(q.n))
		}
		tx.replace(d, before, c.page(d.pages[before].key, tx.flags))
		tx.replace(d, i, nil)
	}
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
