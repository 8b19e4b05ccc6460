package mailstore

import "github.com/restante/restante"

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
