package mailstore

import "github.com/restante/restante"

// checkMetadata looks at the metadata of mailboxes and of the server, and counts
// it.
func (c *checker) checkMetadata() error {
	var size int64
	newest := make(map[restante.MailboxID]restante.ModSeq)
	start, end := kindRange(kindMetadata)
	err := c.scan(start, end, func(key, value []byte) error {
		mb, of, entry, ok := splitMetadataKey(key)
		row, err := parseMetadataRow(entry, value)
		_, named := entryKey(entry, len(entry))
		switch {
		case !ok || err != nil || named != nil:
			c.foundf(FindMetadata, true, "the metadata with the key %x cannot be read and is removed", key)
			c.delete(key, len(value))
			return nil
		case mb != 0 && c.boxes[mb] == nil:
			c.foundf(FindMetadata, !c.damaged, "%q is metadata of mailbox %d, which is not there; it is removed", row.name, mb)
			if !c.damaged {
				c.delete(key, len(value))
			}
			return nil
		case c.removed(of):
			c.foundf(FindGuest, true, "the removed account %d has left metadata, %q of mailbox %d; it is removed", of, row.name, mb)
			c.delete(key, len(value))
			if c.fix == nil {
				break // it counts as long as it is there
			}
			return nil
		}
		size += row.size()
		newest[mb] = max(newest[mb], row.modSeq)
		return nil
	})
	if err != nil {
		return err
	}
	for mb, at := range newest {
		c.checkMetadataModSeq(mb, at)
	}
	if have := c.account.usage.Metadata; have != size {
		c.foundf(FindCount, true, "the account row counts %d octets of metadata; there are %d", have, size)
		c.account.usage.Metadata = size
		c.dirtyAccount()
	}
	return nil
}

// checkMetadataModSeq holds what a mailbox or the server says of its last change
// against its newest entry.
func (c *checker) checkMetadataModSeq(mb restante.MailboxID, newest restante.ModSeq) {
	if mb == 0 {
		if c.account.metadata < newest {
			c.foundf(FindMetadata, true, "the server's metadata is newer than the account row says; it is corrected")
			c.account.metadata = newest
			c.dirtyAccount()
		}
		return
	}
	if cb := c.boxes[mb]; cb.mailbox.MetadataModSeq < newest {
		c.inBox(cb, FindMetadata, true, "its metadata is newer than its row says; the row is corrected")
		cb.mailbox.MetadataModSeq = newest
		c.dirty(cb)
	}
}
