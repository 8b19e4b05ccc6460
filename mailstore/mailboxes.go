package mailstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// CreateMailbox makes a mailbox with special uses, and those above it that are
// missing (RFC 9051 §6.3.4). A name that is only a level of the hierarchy
// becomes a mailbox. Errors are restante.ErrExists, ErrInvalid (the name),
// ErrSpecialUse and ErrLimit.
func (a *Account) CreateMailbox(ctx context.Context, name string, use []string) (*Mailbox, error) {
	state, err := a.update(ctx, kv.Durable, func(tx *txn) error { return tx.createTree(name, use) })
	if err != nil {
		return nil, err
	}
	return state.MailboxByName(strings.TrimSuffix(name, separator)), nil
}

// createTree is CreateMailbox as part of a change.
func (tx *txn) createTree(name string, use []string) error {
	name, err := tx.limits.newName(name)
	if err != nil {
		return err
	}
	if use, err = tx.freeUses(use, 0); err != nil {
		return err
	}
	if d := tx.named(name); d != nil {
		if !d.mailbox.NoSelect {
			return fmt.Errorf("mailstore: mailbox %q %w", name, restante.ErrExists)
		}
		tx.drop(d) // what is made now is another mailbox (RFC 8474 §4)
	}
	if err := tx.createSuperiors(name); err != nil {
		return err
	}
	_, err = tx.create(name, use)
	return err
}

func (tx *txn) createSuperiors(name string) error {
	for _, above := range superiors(name) {
		if tx.named(above) != nil {
			continue
		}
		if _, err := tx.create(above, nil); err != nil {
			return err
		}
	}
	return nil
}

// create makes a mailbox whose name is normal and free.
func (tx *txn) create(name string, use []string) (*draft, error) {
	count := len(tx.base.mailboxes)
	for _, d := range tx.drafts {
		if d.base == nil {
			count++
		}
	}
	if count >= tx.limits.Mailboxes {
		return nil, fmt.Errorf("mailstore: more than %d mailboxes: %w", tx.limits.Mailboxes, restante.ErrLimit)
	}
	// Seconds since 1970 make a number that no mailbox had before, also if the
	// account is made again; the counter keeps them apart within a second.
	validity := max(tx.row.lastUIDValidity+1, uint32(tx.now.Unix()))
	tx.row.lastUIDValidity = validity
	d := &draft{
		mailbox: Mailbox{
			ID: tx.row.nextMailbox, Name: name, UIDValidity: validity, UIDNext: 1, SpecialUse: use, Created: tx.now,
		},
		loaded: true, own: true, hasTail: true, touched: true, changed: true,
	}
	tx.row.nextMailbox++
	tx.drafts = append(tx.drafts, d)
	tx.structure = true
	return d, nil
}

// named answers the draft of the mailbox that has a normal name after the
// change so far, nil if there is none.
func (tx *txn) named(name string) *draft {
	for _, d := range tx.drafts {
		if !d.gone && d.mailbox.Name == name {
			return d
		}
	}
	b := tx.base.named(name)
	if b == nil {
		return nil
	}
	for _, d := range tx.drafts {
		if d.mailbox.ID == b.mailbox.ID {
			return nil // it has another name now, or is gone
		}
	}
	return tx.draftOf(b.mailbox.ID)
}

// freeUses normalizes special uses and makes sure that no other mailbox than
// except has them, for clients would not know which to take.
func (tx *txn) freeUses(uses []string, except restante.MailboxID) ([]string, error) {
	uses, err := normalizeUses(uses)
	if err != nil || len(uses) == 0 {
		return nil, err
	}
	for _, b := range tx.base.mailboxes {
		if b.mailbox.ID == except {
			continue
		}
		for _, use := range b.mailbox.SpecialUse {
			if slices.Contains(uses, use) {
				return nil, fmt.Errorf("mailstore: %q has %s already: %w", b.mailbox.Name, use, ErrSpecialUse)
			}
		}
	}
	return uses, nil
}

// drop deletes a mailbox without messages.
func (tx *txn) drop(d *draft) {
	tx.batch.Delete(mailboxKey(d.mailbox.ID), len(d.mailbox.Name)+32)
	d.gone, d.touched, tx.structure = true, true, true
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
		if err := tx.empty(d); err != nil {
			return err
		}
		if !children {
			tx.drop(d)
			return nil
		}
		d.mailbox.NoSelect, d.mailbox.SpecialUse = true, nil
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
	tx.use(-int64(d.mailbox.Size), -int64(d.mailbox.Messages))
	mb := &d.mailbox
	mb.Messages, mb.Unseen, mb.Deleted, mb.Size, mb.DeletedSize = 0, 0, 0, 0, 0
	d.pages, d.own, d.tail, d.hasTail = nil, true, nil, true
	d.floor, d.history = tx.modSeq, 0
	d.touched, d.changed = true, true
	tx.batch.DeleteRange(pageRange(mb.ID))
	tx.batch.DeleteRange(expungedRange(mb.ID))
	return tx.dropContents(gone)
}

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
	if err := tx.load(d); err != nil {
		return err
	}
	_, err = tx.transfer(d, UIDSet{{1, 1<<32 - 1}}, target, true)
	return err
}

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

// SetSpecialUse gives a mailbox these special uses in place of those it had
// (RFC 6154). Errors are restante.ErrNotFound and ErrSpecialUse.
func (a *Account) SetSpecialUse(ctx context.Context, name string, use []string) error {
	name, err := normalizeName(name)
	if err != nil {
		return err
	}
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		d := tx.named(name)
		if d == nil || d.mailbox.NoSelect {
			return fmt.Errorf("mailstore: mailbox %q: %w", name, restante.ErrNotFound)
		}
		uses, err := tx.freeUses(use, d.mailbox.ID)
		if err != nil || slices.Equal(uses, d.mailbox.SpecialUse) {
			return err
		}
		d.mailbox.SpecialUse = uses
		d.touched, tx.structure = true, true
		return nil
	})
	return err
}
