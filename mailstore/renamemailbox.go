package mailstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// RenameMailbox gives a mailbox and all below it another name, and makes what
// is missing above that (RFC 9051 §6.3.6). Of INBOX the messages move to a new
// mailbox of that name; what is below INBOX stays. Subscriptions stay as they
// are. Errors are restante.ErrNotFound, ErrExists, ErrInvalid and ErrLimit.
func (a *Account) RenameMailbox(ctx context.Context, from, to string) error {
	from, err := normalizeName(strings.TrimSuffix(from, separator))
	if err != nil {
		return err
	}
	to, err = a.store.options.Limits.newName(to)
	if err != nil {
		return err
	}
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		d := tx.named(from)
		if d == nil {
			return fmt.Errorf("mailstore: mailbox %q: %w", from, restante.ErrNotFound)
		}
		if tx.named(to) != nil {
			return fmt.Errorf("mailstore: mailbox %q %w", to, restante.ErrExists)
		}
		if from == inbox {
			return tx.renameInbox(d, to)
		}
		if strings.HasPrefix(to, from+separator) {
			return fmt.Errorf("mailstore: %q is below %q: %w", to, from, restante.ErrInvalid)
		}
		return tx.renameTree(d, to)
	})
	return err
}

func (tx *txn) renameTree(d *draft, to string) error {
	from := d.mailbox.Name
	below := tx.base.below(from)
	tx.rename(d, to)
	for _, b := range below {
		name := to + strings.TrimPrefix(b.mailbox.Name, from)
		if _, err := tx.limits.newName(name); err != nil {
			return err
		}
		if tx.base.named(name) != nil {
			return fmt.Errorf("mailstore: mailbox %q %w", name, restante.ErrExists)
		}
		tx.rename(tx.draftOf(b.mailbox.ID), name)
	}
	return tx.createSuperiors(to)
}

func (tx *txn) rename(d *draft, to string) {
	d.mailbox.Name = to
	d.touched, tx.structure = true, true
}

// renameInbox moves the messages of INBOX to a new mailbox.
func (tx *txn) renameInbox(d *draft, to string) error {
	if err := tx.createSuperiors(to); err != nil {
		return err
	}
	target, err := tx.create(to, nil)
	if err != nil {
		return err
	}
	if err := tx.copyMetadata(d, target); err != nil {
		return err
	}
	target.mailbox.FromInbox = true
	if err := tx.load(d); err != nil {
		return err
	}
	notes, err := tx.annotations(d, target, 0, AllRights)
	if err != nil {
		return err
	}
	moved, err := tx.transfer(d, UIDSet{{1, 1<<32 - 1}}, target, nil, notes, true)
	if err != nil {
		return err
	}
	return tx.moveShared(d, target, moved)
}
