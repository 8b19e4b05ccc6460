package mailstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
)

// moveShared lets the messages that a RENAME takes out of INBOX be shared as they were
// (RFC 4314 §4, RENAME): their new mailbox has INBOX's list, and who has read them
// there has read them here.
func (tx *txn) moveShared(from, to *draft, moved CopyResult) error {
	if list, has := tx.acls[from.mailbox.ID]; has {
		tx.setACL(to.mailbox.ID, list)
	} else {
		tx.dropACL(to.mailbox.ID)
	}
	viewers, err := tx.viewersOf(from.mailbox.ID)
	if err != nil || len(viewers) == 0 {
		return err
	}
	for _, viewer := range viewers {
		had, err := tx.draftSeen(from.mailbox.ID, viewer)
		if err != nil {
			return err
		}
		has, err := tx.draftSeen(to.mailbox.ID, viewer)
		if err != nil {
			return err
		}
		var seen UIDSet
		moved.each(func(old, uid restante.UID) {
			if was, _ := had.of(old); was {
				seen = seen.Add(uid)
			}
		})
		has.set(seen, true, tx.modSeq)
	}
	tx.dropSeen(from.mailbox.ID)
	return nil
}

// each calls f with the UIDs of each message before and after.
func (r *CopyResult) each(f func(old, uid restante.UID)) {
	at, next := 0, restante.UID(0)
	if len(r.To) > 0 {
		next = r.To[0].First
	}
	for _, from := range r.From {
		for n := uint64(from.First); n <= uint64(from.Last); n++ {
			f(restante.UID(n), next)
			if next < r.To[at].Last {
				next++
			} else if at++; at < len(r.To) {
				next = r.To[at].First
			}
		}
	}
}

// viewersOf gives the accounts that have read something of a mailbox.
func (tx *txn) viewersOf(id restante.MailboxID) ([]restante.AccountID, error) {
	if _, any := tx.base.seen[id]; !any {
		return nil, nil
	}
	view, err := tx.read()
	if err != nil {
		return nil, err
	}
	var viewers []restante.AccountID
	it := view.Scan(allSeenRange(id))
	for it.Next() {
		if len(it.Key()) != 21 {
			return nil, errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		viewers = append(viewers, restante.AccountID(binary.BigEndian.Uint64(it.Key()[9:17])))
	}
	return slices.Compact(viewers), it.Close()
}
