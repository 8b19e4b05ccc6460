package mailstore

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// CopyResult tells what Copy or Move did: message i of From, counted through
// its ranges, is message i of To (RFC 4315 §3, COPYUID).
type CopyResult struct {
	UIDValidity uint32 // of the destination
	From, To    UIDSet
	Snapshot    *Snapshot // the destination afterwards, nil if nobody had it open here
	Source      *Snapshot // the source afterwards, nil if it cannot be read now
}

// Copy copies messages to the end of a mailbox, which may be the same one, in
// one durable commit. Copies keep flags and internal date and get a new save
// date; the content is shared. UIDs that are not there are left out; with none
// there is no commit. Errors are restante.ErrNotFound (which mailbox, Mailbox
// of State tells), ErrOverQuota and ErrLimit.
func (a *Account) Copy(ctx context.Context, src restante.MailboxID, uids UIDSet, dst restante.MailboxID) (CopyResult, error) {
	return a.transfer(ctx, src, uids, Destination{Mailbox: dst, Rights: AllRights}, false)
}

// Move is Copy that also removes the messages from the source, in one commit
// (RFC 6851).
func (a *Account) Move(ctx context.Context, src restante.MailboxID, uids UIDSet, dst restante.MailboxID) (CopyResult, error) {
	return a.transfer(ctx, src, uids, Destination{Mailbox: dst, Rights: AllRights}, true)
}

// transfer copies or moves messages from one mailbox of the account to another.
func (a *Account) transfer(
	ctx context.Context, src restante.MailboxID, uids UIDSet, dst Destination, move bool,
) (CopyResult, error) {
	var result CopyResult
	state, err := a.updateMessages(ctx, kv.Durable, src, func(tx *txn, from *draft) error {
		result = CopyResult{}
		to, err := tx.open(dst.Mailbox)
		if err != nil {
			return err
		}
		if err := tx.loadTail(to); err != nil {
			return err
		}
		c, err := tx.carrier(from, to, a.seer(), dst.Rights)
		if err != nil {
			return err
		}
		notes, err := tx.annotations(from, to, a.who(), dst.Rights)
		if err != nil {
			return err
		}
		if result, err = tx.transfer(from, uids, to, c, notes, move); err == nil {
			err = dst.complete(result.From)
		}
		return err
	})
	if err != nil {
		return CopyResult{}, err
	}
	result.Snapshot, result.Source = a.after(ctx, state, dst.Mailbox), a.after(ctx, state, src)
	return result, nil
}

// transfer copies or moves messages between drafts with the flags that c carries,
// nil: all, and the annotations that notes does. from is loaded, of to the tail is.
func (tx *txn) transfer(
	from *draft, uids UIDSet, to *draft, c *flagCarrier, notes *annotationCarrier, move bool,
) (CopyResult, error) {
	defer notes.close()
	result := CopyResult{UIDValidity: to.mailbox.UIDValidity}
	if err := tx.transferable(from, uids, move); err != nil {
		return result, err
	}
	now := TimeOf(tx.now)
	err := eachOverlap(from.pages, uids, func(i int, spans []span) error {
		p := from.pages[i]
		result.From = p.addUIDs(result.From, spans)
		for _, s := range spans {
			for j := s.from; j < s.to; j++ {
				m := p.Message(j)
				m.SaveDate = now
				system, err := c.carry(&m)
				if err != nil {
					return err
				}
				if !move {
					if err := tx.retain(m.EmailID); err != nil {
						return err
					}
				}
				uid, err := tx.add(to, m)
				if err != nil {
					return err
				}
				if err := notes.carry(p.UID(j), uid); err != nil {
					return err
				}
				c.arrived(uid, system)
				result.To = result.To.Add(uid)
			}
		}
		return nil
	})
	if err == nil && move && len(result.From) > 0 {
		_, err = tx.take(from, result.From)
	}
	if err == nil {
		err = notes.fit()
	}
	return result, err
}

// transferable holds a copy against the quota; a move holds no more than before.
func (tx *txn) transferable(from *draft, uids UIDSet, move bool) error {
	if move || tx.row.quota == (Quota{}) {
		return nil
	}
	var size, messages int64
	err := eachOverlap(from.pages, uids, func(i int, spans []span) error {
		sizes := from.pages[i].Sizes()
		for _, s := range spans {
			for _, n := range sizes[s.from:s.to] {
				size += int64(n)
				messages++
			}
		}
		return nil
	})
	if err != nil || messages == 0 {
		return err
	}
	return fits(tx.row, size, messages)
}
