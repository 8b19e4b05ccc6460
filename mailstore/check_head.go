package mailstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// checkHead reads the account row, the mailbox rows, the flag sets and the
// subscriptions.
func (c *checker) checkHead() error {
	row, err := c.snap.Get(accountKey(), nil)
	if errors.Is(err, kv.ErrNotFound) {
		return c.checkRemoved()
	}
	if err != nil {
		return err
	}
	c.account, err = parseAccountRow(row, Quota{})
	if err != nil {
		c.foundf(FindAccount, false, "the account row cannot be read: %v", err)
		return nil
	}
	c.exists = true
	c.version = c.account.epoch.modSeq(c.snap.Version())
	c.flags = newFlagTable()
	start, end := kindRange(kindMailbox)
	if err := c.scan(start, end, c.checkMailboxRow); err != nil {
		return err
	}
	start, end = kindRange(kindFlagSet)
	if err := c.scan(start, end, c.checkFlagSetRow); err != nil {
		return err
	}
	start, end = kindRange(kindSubscription)
	return c.scan(start, end, func(key, _ []byte) error {
		name := string(key[1:])
		if normal, err := normalizeName(name); err != nil || normal != name {
			c.foundf(FindMailbox, true, "%q is subscribed, which is no mailbox name; the subscription is removed", name)
			c.delete(key, 0)
		}
		return nil
	})
}

func (c *checker) checkMailboxRow(key, value []byte) error {
	n, rest, ok := keyNumber(key)
	if !ok || len(rest) > 0 {
		c.foundf(FindMailbox, false, "a mailbox row has the key %x", key)
		c.damaged = true
		return nil
	}
	b, err := parseMailboxRow(restante.MailboxID(n), bytes.Clone(value))
	if err != nil {
		c.foundf(FindMailbox, false, "the row of mailbox %d cannot be read", n)
		c.damaged = true
		return nil
	}
	cb := &checkedBox{box: b}
	c.boxes[b.mailbox.ID] = cb
	c.order = append(c.order, cb)
	mb := b.mailbox
	if mb.ID >= c.account.nextMailbox {
		c.inBox(cb, FindMailbox, true, "mailbox %d is not below the next number %d, which is raised", mb.ID, c.account.nextMailbox)
		c.account.nextMailbox = mb.ID + 1
		c.dirtyAccount()
	}
	if mb.UIDValidity > c.account.lastUIDValidity {
		c.inBox(cb, FindMailbox, true, "UIDVALIDITY %d is above the highest given out, %d, which is raised", mb.UIDValidity, c.account.lastUIDValidity)
		c.account.lastUIDValidity = mb.UIDValidity
		c.dirtyAccount()
	}
	if mb.HighestModSeq > c.version || b.floor > c.version {
		c.inBox(cb, FindMailbox, true, "modseq %d is above the account's version %d and is lowered", mb.HighestModSeq, c.version)
		b.floor = min(b.floor, c.version)
		c.dirty(cb)
	}
	if uses, err := normalizeUses(mb.SpecialUse); err != nil || !slices.Equal(uses, mb.SpecialUse) {
		c.inBox(cb, FindMailbox, true, "the special uses %q are not valid and are removed", mb.SpecialUse)
		mb.SpecialUse = nil
		c.dirty(cb)
	}
	return nil
}

func (c *checker) checkFlagSetRow(key, value []byte) error {
	if !c.flags.loadRow(key, value) {
		c.foundf(FindFlags, false, "the flag set with the key %x cannot be read, or is not above those before it", key)
	}
	return nil
}

// checkNames looks at the mailboxes' names and their hierarchy.
func (c *checker) checkNames() error {
	names := make(map[string]*checkedBox, len(c.order))
	for _, cb := range c.order {
		name := cb.mailbox.Name
		normal, err := normalizeName(name)
		if err == nil && normal == name && names[name] == nil {
			names[name] = cb
			continue
		}
		other := c.freeName(normal)
		c.inBox(cb, FindMailbox, true, "the name is not valid or not unique; the mailbox is renamed to %q", other)
		names[other] = cb
		cb.mailbox.Name = other
		c.dirty(cb)
	}
	switch in := names[inbox]; {
	case in == nil:
		c.foundf(FindMailbox, true, "there is no INBOX; an empty one is made")
		names[inbox] = c.newBox(inbox)
	case in.mailbox.NoSelect:
		c.inBox(in, FindMailbox, true, "INBOX cannot be selected; it is made a mailbox again")
		in.mailbox.NoSelect = false
		c.dirty(in)
	}
	for _, cb := range slices.Clone(c.order) {
		for _, above := range superiors(cb.mailbox.Name) {
			if names[above] == nil {
				c.inBox(cb, FindMailbox, true, "its superior %q is missing and is made", above)
				names[above] = c.newBox(above)
			}
		}
	}
	return nil
}

// freeName answers a name that no mailbox has, made of the one wanted.
func (c *checker) freeName(wanted string) string {
	if wanted == "" {
		wanted = "Recovered"
	}
	if strings.EqualFold(wanted, inbox) {
		wanted = "Recovered " + wanted
	}
	for n := 1; ; n++ {
		name := wanted
		if n > 1 {
			name = fmt.Sprintf("%s (%d)", wanted, n)
		}
		if !slices.ContainsFunc(c.order, func(cb *checkedBox) bool { return cb.mailbox.Name == name }) {
			return name
		}
	}
}

// newBox makes an empty mailbox.
func (c *checker) newBox(name string) *checkedBox {
	id := c.account.nextMailbox
	c.account.nextMailbox++
	return c.boxOf(id, name)
}

// boxOf makes a mailbox with a given number, whose pages may be there already.
func (c *checker) boxOf(id restante.MailboxID, name string) *checkedBox {
	now := c.parent.store.now()
	c.account.lastUIDValidity = max(c.account.lastUIDValidity+1, uint32(now.Unix()))
	cb := &checkedBox{box: &box{mailbox: &Mailbox{
		ID: id, Name: name, UIDValidity: c.account.lastUIDValidity, UIDNext: 1,
		HighestModSeq: c.version, Created: now,
	}}}
	c.boxes[id] = cb
	c.order = append(c.order, cb)
	c.dirty(cb)
	c.dirtyAccount()
	return cb
}

// inBox notes a finding about a mailbox.
func (c *checker) inBox(cb *checkedBox, kind FindingKind, fixed bool, format string, args ...any) {
	c.found(Finding{Kind: kind, Mailbox: cb.mailbox.Name, Text: fmt.Sprintf(format, args...)}, fixed)
}
