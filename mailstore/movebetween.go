package mailstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
)

// ErrInBoth is of messages that were copied into another account and perhaps not removed
// from where they were.
var ErrInBoth = errors.New("mailstore: messages were copied but perhaps not removed")

// MoveTo is CopyTo that also removes the messages from the source. Between accounts
// they are durable in the destination first: a crash may leave them in both, and
// never in neither. If they cannot be removed then, which is tried twice, their copies go
// again, so that they are either moved or unaffected (RFC 9051 §6.4.8). Where it is not
// certain that they are still in the source, or the copies cannot be removed either, the
// error is ErrInBoth with its cause, and the result tells of the copies.
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
	if err == nil {
		return result, nil
	}
	// If the first attempt was done after all, the second one finds nothing to do.
	source, again := a.discard(ctx, src, result.From)
	if again == nil {
		result.Source = source
		return result, nil
	}
	if !errors.Is(err, errInDoubt) && !errors.Is(again, errInDoubt) {
		if _, undo := dst.Account.discard(ctx, dst.Mailbox, result.To); undo == nil {
			return CopyResult{}, again
		}
	}
	return result, fmt.Errorf("%w: %w", ErrInBoth, again)
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
