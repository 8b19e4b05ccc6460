package mailstore

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// replaced is a message that goes with the commit in which others come.
type replaced struct {
	mailbox restante.MailboxID
	uid     restante.UID
}

// Replace makes a message of the same account go with the commit that puts the
// Append's messages into their mailbox: both happen or neither (RFC 8508 §3.4).
// It is called before the first Message, so that what goes makes room in the
// quota for what comes. Errors are restante.ErrNotFound (the mailbox) and
// ErrExpunged (the message), which Commit may answer too.
func (p *Append) Replace(ctx context.Context, mb restante.MailboxID, uid restante.UID) error {
	snap, err := p.account.Snapshot(ctx, mb)
	if err != nil {
		return err
	}
	seq := snap.Below(uid) + 1
	if seq > snap.Len() || snap.UIDAt(seq) != uid {
		return goneMessage(mb, uid)
	}
	p.replaced = &replaced{mailbox: mb, uid: uid}
	p.freed = int64(snap.At(seq).Size)
	return nil
}

func goneMessage(mb restante.MailboxID, uid restante.UID) error {
	return fmt.Errorf("mailstore: message %d of mailbox %d: %w", uid, mb, restante.ErrExpunged)
}

// replace commits a request by itself, for a part of it cannot be taken back.
func (a *Account) replace(ctx context.Context, req *appendRequest) error {
	if _, err := a.Snapshot(ctx, req.replaced.mailbox); err != nil { // so that the pages stay
		return err
	}
	state, err := a.update(context.WithoutCancel(ctx), kv.Durable, func(tx *txn) error {
		req.result = AppendResult{}
		from, err := tx.open(req.replaced.mailbox)
		if err != nil {
			return err
		}
		if err := tx.load(from); err != nil {
			return err
		}
		if !from.has(req.replaced.uid) {
			return goneMessage(req.replaced.mailbox, req.replaced.uid)
		}
		if err := tx.expunge(from, UIDSet{{First: req.replaced.uid, Last: req.replaced.uid}}); err != nil {
			return err
		}
		return req.apply(tx, tx.threader())
	})
	if err != nil {
		req.result = AppendResult{}
		return err
	}
	req.result.Source, req.result.Snapshot = a.after(ctx, state, req.replaced.mailbox), a.after(ctx, state, req.mailbox)
	return nil
}

// has reports whether a loaded draft has a message.
func (d *draft) has(uid restante.UID) bool {
	found := false
	_ = eachOverlap(d.pages, UIDSet{{First: uid, Last: uid}}, func(int, []span) error {
		found = true
		return nil
	}) // the function never fails
	return found
}

// Remove removes a message whether or not it has \Deleted, in one durable commit.
// It is otherwise as Expunge; one that is not there is restante.ErrExpunged.
func (a *Account) Remove(ctx context.Context, mb restante.MailboxID, uid restante.UID) (ExpungeResult, error) {
	one := UIDSet{{First: uid, Last: uid}}
	r, err := a.expunge(ctx, mb, func(_ *txn, d *draft) UIDSet {
		if !d.has(uid) {
			return nil
		}
		return one
	})
	if err == nil && len(r.UIDs) == 0 {
		err = goneMessage(mb, uid)
	}
	return r, err
}
