package mailstore

import (
	"context"
	"fmt"
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
	if use, err = tx.freeUses(use); err != nil {
		return err
	}
	if d := tx.named(name); d != nil {
		if !d.mailbox.NoSelect {
			return fmt.Errorf("mailstore: mailbox %q %w", name, restante.ErrExists)
		}
		if err := tx.drop(d); err != nil { // what is made now is another mailbox (RFC 8474 §4)
			return err
		}
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
	if err := tx.roomForMailbox(); err != nil {
		return nil, err
	}
	// Seconds since 1970 make a number that no mailbox had before; the counter keeps
	// them apart within a second, also where the account is made again.
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
	tx.inheritACL(d)
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
