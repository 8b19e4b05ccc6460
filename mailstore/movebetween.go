package mailstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
)

// ErrInBoth is of messages that came into another account for others that were perhaps not
// removed.
var ErrInBoth = errors.New("mailstore: messages came and what they stand for was perhaps not removed")

// MoveTo is CopyTo that also removes the messages from the source. Between accounts
// they are durable in the destination first: a crash may leave them in both, and
// never in neither. If they cannot be removed then, their copies go again, so that they are
// either moved or unaffected (RFC 9051 §6.4.8). Where it is not certain that they are still in
// the source, or the copies cannot be removed either, the error is ErrInBoth with its cause,
// and the result tells of the copies.
func (a *Account) MoveTo(ctx context.Context, src restante.MailboxID, uids UIDSet, dst Destination) (CopyResult, error) {
	if a.id == dst.Account.id {
		return a.transfer(ctx, src, uids, dst, true)
	}
	result, err := a.copyBetween(ctx, src, uids, dst)
	if err != nil || len(result.From) == 0 {
		return result, err
	}
	ctx = context.WithoutCancel(ctx)
	result.Source, err = a.discard(ctx, src, result.From)
	if err != nil {
		result.Source, err = a.discardAgain(ctx, src, result.From, err, dst, result.To)
	}
	if err != nil && !errors.Is(err, ErrInBoth) {
		return CopyResult{}, err
	}
	return result, err
}

// RemoveReplaced removes a message that was replaced by one of another account, which is
// durable, and answers its mailbox afterwards: nil if that cannot be read now. If it is not
// there any more (restante.ErrExpunged), or cannot be removed, the new one goes again. Where
// neither is certain the error is ErrInBoth with its cause.
func (a *Account) RemoveReplaced(ctx context.Context, mb restante.MailboxID, uid restante.UID, dst Destination, by restante.UID) (*Snapshot, error) {
	ctx = context.WithoutCancel(ctx)
	old, replacement := UIDSet{{First: uid, Last: uid}}, UIDSet{{First: by, Last: by}}
	gone, err := a.Remove(ctx, mb, uid)
	switch {
	case err == nil:
		return gone.Snapshot, nil
	case !errors.Is(err, restante.ErrExpunged):
		return a.discardAgain(ctx, mb, old, err, dst, replacement)
	}
	if _, undo := dst.Account.discard(ctx, dst.Mailbox, replacement); undo != nil {
		return nil, fmt.Errorf("%w: %w", ErrInBoth, undo)
	}
	return nil, err
}

// discardAgain is discard for messages that others of another account stand for, after a
// first attempt that ended in cause. If it fails too, those others go again, unless one of
// the attempts may yet be done: one of each two has to stay.
func (a *Account) discardAgain(ctx context.Context, mb restante.MailboxID, uids UIDSet, cause error, dst Destination, others UIDSet) (*Snapshot, error) {
	// If the first attempt was done after all, this one finds nothing to do.
	snap, err := a.discard(ctx, mb, uids)
	if err == nil {
		return snap, nil
	}
	if !errors.Is(cause, errInDoubt) && !errors.Is(err, errInDoubt) {
		if _, undo := dst.Account.discard(ctx, dst.Mailbox, others); undo == nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrInBoth, err)
}

// discard removes those messages of a mailbox that are there, and answers the mailbox
// afterwards: nil if it cannot be read now, or is gone itself.
func (a *Account) discard(ctx context.Context, mb restante.MailboxID, uids UIDSet) (*Snapshot, error) {
	gone, err := a.expunge(ctx, mb, func(_ *txn, d *draft) UIDSet {
		var there UIDSet
		_ = eachOverlap(d.pages, uids, func(i int, spans []span) error {
			there = d.pages[i].addUIDs(there, spans)
			return nil
		}) // the function never fails
		return there
	})
	if _, there := a.State().loaded(mb); errors.Is(err, restante.ErrNotFound) && (there != nil || a.removed.Load()) {
		return nil, nil
	}
	return gone.Snapshot, err
}
