package mailstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// SetSubscribed subscribes a name or ends that (RFC 9051 §6.3.7). The name need
// not be a mailbox. Errors are restante.ErrInvalid and ErrLimit.
func (a *Account) SetSubscribed(ctx context.Context, name string, on bool) error {
	name, err := a.store.options.Limits.newName(name)
	if err != nil {
		return err
	}
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		list := tx.base.subscriptions
		i, found := slices.BinarySearch(list, name)
		switch {
		case found == on:
			return nil
		case on && len(list) >= 2*tx.limits.Mailboxes:
			return fmt.Errorf("mailstore: more than %d subscriptions: %w", 2*tx.limits.Mailboxes, restante.ErrLimit)
		case on:
			tx.subscriptions = slices.Insert(slices.Clone(list), i, name)
			tx.batch.Set(subscriptionKey(name), nil)
		default:
			tx.subscriptions = slices.Delete(slices.Clone(list), i, i+1)
			tx.batch.Delete(subscriptionKey(name), 0)
		}
		tx.subscribed = true
		return nil
	})
	return err
}
