package mailstore

// checkURLKeys looks at the mailbox access keys. Those for others' mailboxes that
// are gone are no fault: they go when there are too many, or with a repair.
func (c *checker) checkURLKeys() error {
	start, end := kindRange(kindURLKey)
	return c.scan(start, end, func(key, value []byte) error {
		p, ok := splitURLKeyKey(key)
		_, err := parseURLKey(value)
		switch {
		case !ok || err != nil:
			c.foundf(FindURLKey, true, "the mailbox access key %x cannot be read and is removed", key)
			c.delete(key, len(value))
		case p.Owner == 0 && c.boxes[p.Mailbox] == nil:
			c.foundf(FindURLKey, !c.damaged, "there is an access key for mailbox %d, which is not there; it is removed", p.Mailbox)
			if !c.damaged {
				c.delete(key, len(value))
			}
		case p.Owner != 0 && c.fix != nil:
			if dead, err := c.parent.store.isDead(c.parent.ctx, p); err == nil && dead {
				c.delete(key, len(value))
			}
		}
		return nil
	})
}
