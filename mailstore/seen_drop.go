package mailstore

import (
	"errors"
	"fmt"

	"github.com/restante/restante"
)

// viewersOf gives the accounts that have read something of a mailbox. It costs a look
// at one row for each.
func (tx *txn) viewersOf(id restante.MailboxID) ([]restante.AccountID, error) {
	if _, any := tx.base.seen[id]; !any {
		return nil, nil
	}
	view, err := tx.read()
	if err != nil {
		return nil, err
	}
	var viewers []restante.AccountID
	start, end := allSeenRange(id)
	for {
		it := view.Scan(start, end)
		if !it.Next() {
			return viewers, it.Close()
		}
		viewer := viewerIn(it.Key())
		if viewer == 0 || viewer+1 == 0 {
			return nil, errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		if err := it.Close(); err != nil {
			return nil, err
		}
		viewers = append(viewers, viewer)
		start = seenKey(id, viewer+1, 0)
	}
}

// dropSeenOf removes the blocks of what others have seen that no message is left of
// after uids went, so that there are never more of them than blocks with messages.
func (tx *txn) dropSeenOf(d *draft, uids UIDSet) error {
	if _, any := tx.base.seen[d.mailbox.ID]; !any {
		return nil
	}
	var empty []uint32
	next := uint32(0) // the first block that was not looked at
	for _, r := range uids {
		for block := max(uint32(r.First)/seenBlockSize, next); block <= uint32(r.Last)/seenBlockSize; block++ {
			left, err := d.holds(block)
			if err != nil {
				return err
			}
			if !left {
				empty = append(empty, block)
			}
			next = block + 1
		}
	}
	if len(empty) == 0 {
		return nil
	}
	viewers, err := tx.viewersOf(d.mailbox.ID)
	for _, viewer := range viewers {
		for _, block := range empty {
			tx.batch.Delete(seenKey(d.mailbox.ID, viewer, block), 0)
		}
	}
	return err
}

// holds reports whether a loaded draft has messages with UIDs of a block.
func (d *draft) holds(block uint32) (bool, error) {
	first := restante.UID(block * seenBlockSize)
	any := false
	err := eachOverlap(d.pages, UIDSet{{First: max(first, 1), Last: first + seenBlockSize - 1}}, func(_ int, spans []span) error {
		any = any || len(spans) > 0
		return nil
	})
	return any, err
}
