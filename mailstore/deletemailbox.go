package mailstore

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// drop deletes a mailbox without messages.
func (tx *txn) drop(d *draft) error {
	if err := tx.dropMetadata(d); err != nil {
		return err
	}
	tx.batch.Delete(mailboxKey(d.mailbox.ID), len(d.mailbox.Name)+32)
	tx.dropACL(d.mailbox.ID)
	tx.dropURLKey(d.mailbox.ID)
	d.gone, d.touched, tx.structure = true, true, true
	return nil
}

// DeleteMailbox removes a mailbox with its messages (RFC 9051 §6.3.5). One
// that has others below it stays as a level of the hierarchy (NoSelect), which
// is restante.ErrHasChildren to delete. INBOX is restante.ErrNotPermitted, an
// unknown one ErrNotFound.
func (a *Account) DeleteMailbox(ctx context.Context, name string) error {
	name, err := normalizeName(name)
	if err != nil {
		return err
	}
	if name == inbox {
		return fmt.Errorf("mailstore: INBOX cannot be deleted: %w", restante.ErrNotPermitted)
	}
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		d := tx.named(name)
		if d == nil {
			return fmt.Errorf("mailstore: mailbox %q: %w", name, restante.ErrNotFound)
		}
		children := tx.base.HasChildren(name)
		if children && d.mailbox.NoSelect {
			return fmt.Errorf("mailstore: %q: %w", name, restante.ErrHasChildren)
		}
		tx.batch.UseReserve()
		if err := tx.empty(d); err != nil {
			return err
		}
		if !children {
			return tx.drop(d)
		}
		// What was said of the mailbox is not said of the level (RFC 5464 §4.1).
		if err := tx.dropMetadata(d); err != nil {
			return err
		}
		tx.dropACL(d.mailbox.ID)
		tx.dropURLKey(d.mailbox.ID)
		d.mailbox.NoSelect, d.mailbox.SpecialUse, d.mailbox.appendLimit = true, nil, 0
		d.touched, tx.structure = true, true
		return nil
	})
	return err
}

// empty removes all messages of a mailbox that is deleted, and its history.
func (tx *txn) empty(d *draft) error {
	if err := tx.load(d); err != nil {
		return err
	}
	var gone []content
	for _, p := range d.pages {
		sizes := p.Sizes()
		for j, id := range p.EmailIDs() {
			last, err := tx.release(id)
			if err != nil {
				return err
			}
			if last {
				gone = append(gone, content{id, sizes[j]})
			}
		}
	}
	if err := tx.dropAnnotations(d, UIDSet{{1, 1<<32 - 1}}); err != nil {
		return err
	}
	tx.use(-int64(d.mailbox.Size), -int64(d.mailbox.Messages))
	mb := &d.mailbox
	mb.Messages, mb.Unseen, mb.Deleted, mb.Size, mb.DeletedSize = 0, 0, 0, 0, 0
	d.pages, d.own, d.tail, d.hasTail = nil, true, nil, true
	d.floor, d.history = tx.modSeq, 0
	d.touched, d.changed = true, true
	tx.batch.DeleteRange(pageRange(mb.ID))
	tx.batch.DeleteRange(expungedRange(mb.ID))
	tx.dropSeen(mb.ID)
	return tx.dropContents(gone)
}
