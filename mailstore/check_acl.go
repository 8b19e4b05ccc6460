package mailstore

import (
	"encoding/binary"
	"fmt"

	"github.com/restante/restante"
)

// checkACLs looks at the access control lists. One that cannot be read, or that is
// of no mailbox, is removed: that takes rights from others and from the owner none.
func (c *checker) checkACLs() error {
	start, end := kindRange(kindACL)
	return c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		list, readable := parseACL(value)
		cb := c.boxes[restante.MailboxID(n)]
		why := ""
		switch {
		case !ok || len(rest) > 0:
			why = fmt.Sprintf("an access control list has the key %x", key)
		case !readable:
			why = fmt.Sprintf("the access control list of mailbox %d cannot be read", n)
		case cb == nil && c.damaged:
			return nil // its row may be the one that cannot be read
		case cb == nil:
			why = fmt.Sprintf("there is an access control list of mailbox %d, which is not there", n)
		default:
			if err := formOfACL(list); err != nil {
				why = fmt.Sprintf("the access control list of mailbox %d is not one: %v", n, err)
			}
		}
		if why != "" {
			c.foundf(FindACL, true, "%s; it is removed", why)
			c.delete(key, len(value))
		}
		return nil
	})
}

// checkSeen looks at what other accounts have seen. What is of no mailbox, or cannot
// be read, is removed: messages are unseen then. The row of the last change is made
// again, without which nobody looks at what there is.
func (c *checker) checkSeen() error {
	changed, newest := make(map[restante.MailboxID]restante.ModSeq), make(map[restante.MailboxID]restante.ModSeq)
	start, end := kindRange(kindSeenChange)
	err := c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		at, m := binary.Uvarint(value)
		cb := c.boxes[restante.MailboxID(n)]
		if ok && len(rest) == 0 && m > 0 && restante.ModSeq(at) <= c.version && (cb != nil || c.damaged) {
			changed[restante.MailboxID(n)] = restante.ModSeq(at)
			return nil
		}
		c.foundf(FindSeen, true, "the row %x of what others have seen is of no use and is removed", key)
		c.delete(key, len(value))
		return nil
	})
	if err != nil {
		return err
	}
	start, end = kindRange(kindSeen)
	err = c.scan(start, end, func(key, value []byte) error {
		if viewer := viewerIn(key); c.removed(viewer) {
			c.foundf(FindGuest, true, "the removed account %d has left what it has seen, in the row %x; it is removed", viewer, key)
			c.delete(key, len(value))
			return nil
		}
		at, why := c.checkSeenBlock(key, value)
		if why != "" {
			c.foundf(FindSeen, true, "what others have seen, in the row %x, %s; it is removed", key, why)
			c.delete(key, len(value))
			return nil
		}
		mb, _, _ := keyNumber(key)
		newest[restante.MailboxID(mb)] = max(newest[restante.MailboxID(mb)], at)
		return nil
	})
	for _, cb := range c.order {
		if id := cb.mailbox.ID; changed[id] < newest[id] {
			c.inBox(cb, FindSeen, true, "others have seen messages at modseq %d, which its row does not say; it is made again", newest[id])
			c.set(seenChangeKey(id), binary.AppendUvarint(nil, uint64(newest[id])))
		}
	}
	return err
}

// checkSeenBlock gives the highest modseq of a block of what was seen, or says what is
// wrong with it.
func (c *checker) checkSeenBlock(key, value []byte) (newest restante.ModSeq, why string) {
	n, rest, _ := keyNumber(key)
	if len(rest) != 12 {
		return 0, "has no such key"
	}
	cb := c.boxes[restante.MailboxID(n)]
	if cb == nil {
		if c.damaged {
			return 0, ""
		}
		return 0, "is of no mailbox"
	}
	b, ok := parseSeenBlock(value)
	if !ok {
		return 0, "cannot be read"
	}
	first := uint64(binary.BigEndian.Uint32(rest[8:])) * seenBlockSize
	if first+uint64(b[len(b)-1].last) >= uint64(cb.mailbox.UIDNext) {
		return 0, "is about UIDs that were not given yet"
	}
	for _, r := range b {
		newest = max(newest, r.modSeq)
	}
	if newest > c.version {
		return 0, "has a modseq above the account's"
	}
	return newest, ""
}
