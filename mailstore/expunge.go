package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

const (
	// maxHistory bounds the ranges of UIDs in a mailbox's history of expunges.
	// Beyond it the oldest half is forgotten.
	maxHistory = 10_000
	// mergedPage is how many messages two neighbouring pages have together at
	// most, after one of them shrank, for them to become one.
	mergedPage = PageSize / 2
)

// ExpungeResult tells what Expunge did.
type ExpungeResult struct {
	UIDs     UIDSet          // of the messages that are gone
	ModSeq   restante.ModSeq // of the expunge; 0 if there was nothing to do
	Snapshot *Snapshot       // the mailbox afterwards
}

// Expunge removes the messages that have \Deleted, of those in uids or, if it
// is nil, of all, in one durable commit. The contents of messages without
// another copy go with them. If there are none there is no commit. The error
// is restante.ErrNotFound for the mailbox.
func (a *Account) Expunge(ctx context.Context, mb restante.MailboxID, uids UIDSet) (ExpungeResult, error) {
	if _, err := a.Snapshot(ctx, mb); err != nil { // so that the pages stay
		return ExpungeResult{}, err
	}
	var result ExpungeResult
	state, err := a.update(ctx, kv.Durable, func(tx *txn) error {
		result = ExpungeResult{}
		d, err := tx.open(mb)
		if err != nil {
			return err
		}
		if err := tx.load(d); err != nil {
			return err
		}
		doomed := d.deleted(tx.flags, uids)
		if len(doomed) == 0 {
			return nil
		}
		result.UIDs, result.ModSeq = doomed, tx.modSeq
		return tx.expunge(d, doomed)
	})
	if err != nil {
		return ExpungeResult{}, err
	}
	result.Snapshot, err = state.loaded(mb)
	return result, err
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

// remember adds an expunge to the mailbox's history, of which it forgets the
// oldest part if it becomes too long.
func (tx *txn) remember(d *draft, uids UIDSet) error {
	if len(uids) > maxHistory {
		tx.batch.DeleteRange(expungedRange(d.mailbox.ID))
		d.floor, d.history = tx.modSeq, 0
		return nil
	}
	tx.batch.Set(expungedKey(d.mailbox.ID, tx.modSeq), appendUIDSet(nil, uids))
	d.history += uint32(len(uids))
	if d.history <= maxHistory {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	it := view.Scan(expungedRange(d.mailbox.ID))
	for d.history > maxHistory/2 && it.Next() {
		at, set, err := parseExpunged(it.Key(), it.Value())
		if err != nil {
			return errors.Join(err, it.Close())
		}
		tx.batch.Delete(slices.Clone(it.Key()), len(it.Value()))
		d.history -= min(d.history, uint32(len(set)))
		d.floor = at
	}
	if err := it.Close(); err != nil {
		return unavailable("read history", err)
	}
	return nil
}

// parseExpunged reads a row of a mailbox's history.
func parseExpunged(key, value []byte) (restante.ModSeq, UIDSet, error) {
	set, ok := parseUIDSet(value)
	at, okKey := expungedModSeq(key)
	if !ok || !okKey {
		return 0, nil, fmt.Errorf("mailstore: row %x: %w", key, restante.ErrCorrupt)
	}
	return at, set, nil
}

// Vanished answers the UIDs that were expunged after since, for a client that
// knew the mailbox as it was then (RFC 7162 §3.2.5.1). If the history does not
// go back so far, it answers all UIDs that were given out and are not there.
func (a *Account) Vanished(ctx context.Context, mb restante.MailboxID, since restante.ModSeq) (UIDSet, error) {
	s, err := a.Snapshot(ctx, mb)
	if err != nil {
		return nil, err
	}
	if since >= s.mailbox.HighestModSeq {
		return nil, nil
	}
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return nil, unavailable("read history", err)
	}
	defer snap.Close()
	row, err := snap.Get(mailboxKey(mb), nil)
	if err != nil {
		return nil, unavailable("read history", err)
	}
	b, err := parseMailboxRow(mb, row) // as old as the history read below
	if err != nil {
		return nil, err
	}
	if since < b.floor {
		return s.absent(), nil
	}
	start, end := expungedRange(mb)
	if since > 0 {
		start = expungedKey(mb, since+1)
	}
	it := snap.Scan(start, end)
	var list []UIDRange
	for it.Next() {
		at, set, err := parseExpunged(it.Key(), it.Value())
		if err != nil {
			return nil, errors.Join(err, it.Close())
		}
		if at <= s.modSeq {
			list = append(list, set...)
		}
	}
	if err := it.Close(); err != nil {
		return nil, unavailable("read history", err)
	}
	return NewUIDSet(list), nil
}

// absent are the UIDs below UIDNEXT that no message has.
func (s *Snapshot) absent() UIDSet {
	if s.mailbox.UIDNext == 1 {
		return nil
	}
	var present UIDSet
	for _, p := range s.pages {
		present = p.addUIDs(present, []span{{0, p.n}})
	}
	return UIDSet{{1, s.mailbox.UIDNext - 1}}.minus(present)
}
