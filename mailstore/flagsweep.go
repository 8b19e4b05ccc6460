package mailstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// sweepEvery is how long after a sweep that won nothing the next one may be: it
// reads all pages of the account.
const sweepEvery = time.Second

// sweepable reports whether a change that ended in err may go well once flag sets
// that no message has are gone.
func (tx *txn) sweepable(err error) bool { return !tx.swept && errors.Is(err, errFlagsFull) }

// sweepFlagsLocked removes the flag sets that no message has, in a commit of its
// own. What others have in hand stays as it is: snapshots have the table of their
// time, and the numbers of the sets are not given out again. Where none can be
// removed it does nothing.
func (a *Account) sweepFlagsLocked(ctx context.Context) error {
	now := a.store.now()
	if now.Sub(a.writer.swept).Abs() < sweepEvery {
		return nil
	}
	removed := false
	// It need not be on the disk before the change that comes next is.
	state, _, err := a.attemptLocked(ctx, kv.Relaxed, func(tx *txn) error {
		used, err := tx.usedFlagSets()
		if err != nil {
			return err
		}
		table, gone := tx.flags.keep(used)
		if removed = len(gone) > 0; !removed {
			return nil
		}
		if tx.flags.mark != 0 {
			tx.batch.Delete(flagSetKey(tx.flags.mark), len(goneFlagSet))
		}
		for _, f := range gone {
			tx.batch.Delete(flagSetKey(f.ID), len(f.Wire))
		}
		if table.mark != 0 {
			tx.batch.Set(flagSetKey(table.mark), []byte(goneFlagSet))
		}
		tx.flags = table
		return nil
	})
	if err != nil || removed {
		return err
	}
	a.writer.swept = now
	next := *state
	next.flags = state.flags.filled(true)
	a.state.Store(&next)
	return nil
}

// filled answers the table with or without the mark of being full.
func (t *FlagTable) filled(full bool) *FlagTable {
	if t.full == full {
		return t
	}
	next := *t
	next.full = full
	return &next
}

// usedFlagSets gathers the sets of all messages of the account as it is at the
// base version.
func (tx *txn) usedFlagSets() (map[FlagSetID]bool, error) {
	used := make(map[FlagSetID]bool)
	note := func(p *Page) {
		var last FlagSetID
		for i, id := range p.FlagSets() {
			if i == 0 || id != last {
				used[id], last = true, id
			}
		}
	}
	for _, b := range tx.base.mailboxes {
		if b.snapshot != nil {
			for _, p := range b.snapshot.pages {
				note(p)
			}
			continue
		}
		if b.mailbox.Messages == 0 {
			continue
		}
		view, err := tx.read()
		if err != nil {
			return nil, err
		}
		if err := eachStoredPage(view, b.mailbox.ID, note); err != nil {
			return nil, unavailable("read pages", err)
		}
		if err := tx.ctx.Err(); err != nil {
			return nil, err
		}
	}
	return used, nil
}

// eachStoredPage calls f for each page of a mailbox, which is valid during the
// call.
func eachStoredPage(snap kv.Snapshot, id restante.MailboxID, f func(*Page)) error {
	start, end := pageRange(id)
	it := snap.Scan(start, end)
	for it.Next() {
		first, ok := pageKeyUID(it.Key())
		if !ok {
			return errors.Join(fmt.Errorf("mailstore: page key %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		p, err := parsePage(first, it.Value())
		if err != nil {
			return errors.Join(fmt.Errorf("mailbox %d: %w", id, err), it.Close())
		}
		f(p)
	}
	return it.Close()
}

// keep answers a table with the used sets alone, and the sets that are not in it.
// The empty set stays. Of the last number that was given out there is a mark where
// its set is gone, for later readers of the rows.
func (t *FlagTable) keep(used map[FlagSetID]bool) (*FlagTable, []*FlagSet) {
	var gone []*FlagSet
	next := &FlagTable{index: &flagIndex{sets: map[string]FlagSetID{}, keywords: map[string]int{}}}
	words := make(map[string]bool)
	for f := range t.all() {
		if f.ID != 0 && !used[f.ID] {
			gone = append(gone, f)
			continue
		}
		next.put(f)
		for _, k := range f.Keywords {
			words[lowerKeyword(k)] = true
		}
	}
	if len(gone) == 0 {
		return t, nil
	}
	if next.n < t.n {
		next.loadMark(t.n - 1)
	}
	for _, k := range t.keywords { // in the order in which clients know them
		if words[lowerKeyword(k)] {
			next.index.keywords[lowerKeyword(k)] = len(next.keywords)
			next.keywords = append(next.keywords, k)
		}
	}
	return next, gone
}

// all goes through the sets in rising order of their numbers.
func (t *FlagTable) all() iter.Seq[*FlagSet] {
	return func(yield func(*FlagSet) bool) {
		for _, c := range t.chunks {
			if c == nil {
				continue
			}
			for _, f := range c.sets {
				// Beyond n there may be sets of later tables.
				if f != nil && (f.ID >= t.n || !yield(f)) {
					return
				}
			}
		}
	}
}
