package mailstore

import (
	"fmt"

	"github.com/restante/restante"
)

// annotationCounts is what the annotations in a mailbox make.
type annotationCounts struct {
	rows   uint64
	guests int64
	newest restante.ModSeq
	uids   UIDSet // of the messages, once they are known
}

// checkAnnotations looks at the annotations of messages, and counts them.
func (c *checker) checkAnnotations() error {
	var size int64
	counts := make(map[restante.MailboxID]*annotationCounts)
	start, end := kindRange(kindAnnotation)
	err := c.scan(start, end, func(key, value []byte) error {
		mb, id, ok := splitAnnotationKey(key)
		row, readable := parseAnnotationRow(value)
		cb := c.boxes[mb]
		switch {
		case !ok || !readable:
			c.foundf(FindAnnotation, true, "the annotation with the key %x cannot be read and is removed", key)
			c.delete(key, len(value))
			return nil
		case cb == nil && !c.damaged:
			c.foundf(FindAnnotation, true, "%q annotates a message of mailbox %d, which is not there; it is removed", id.entry, mb)
			c.delete(key, len(value))
			return nil
		case cb == nil:
			return nil
		}
		n := counts[mb]
		if n == nil {
			n = new(annotationCounts)
			counts[mb] = n
			if err := c.annotatable(cb, n); err != nil {
				return err
			}
		}
		if !cb.damaged && !n.uids.Contains(id.uid) {
			c.found(Finding{Kind: FindAnnotation, Mailbox: cb.mailbox.Name, UID: id.uid, Text: "there is an annotation of a message that is not there; it is removed"}, true)
			c.delete(key, len(value))
			return nil
		}
		if c.removed(id.of) {
			c.found(Finding{Kind: FindGuest, Mailbox: cb.mailbox.Name, UID: id.uid, Text: fmt.Sprintf("the removed account %d has left the annotation %q; it is removed", id.of, id.entry)}, true)
			c.delete(key, len(value))
			if c.fix != nil {
				return nil
			}
		}
		n.rows++
		n.newest = max(n.newest, row.modSeq)
		if size += row.size(id.entry); id.of != 0 && id.of != c.id {
			n.guests += row.size(id.entry)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, cb := range c.order {
		n := counts[cb.mailbox.ID]
		if n == nil {
			n = new(annotationCounts)
		}
		c.checkAnnotated(cb, n)
	}
	if have := c.account.usage.Annotations; have != size && !c.damaged {
		c.foundf(FindCount, true, "the account row counts %d octets of annotations; there are %d", have, size)
		c.account.usage.Annotations = size
		c.dirtyAccount()
	}
	return nil
}

// annotatable finds out which messages a mailbox has.
func (c *checker) annotatable(cb *checkedBox, n *annotationCounts) error {
	if cb.damaged {
		return nil
	}
	pages, err := readPages(c.snap, cb.mailbox.ID, nil)
	if err != nil {
		return err
	}
	for _, p := range pages {
		for i := range p.n {
			n.uids = n.uids.Add(p.UID(i))
		}
	}
	return nil
}

// checkAnnotated holds what a mailbox's row says of annotations against them.
func (c *checker) checkAnnotated(cb *checkedBox, n *annotationCounts) {
	mb := cb.mailbox
	if mb.annotationRows != n.rows || mb.annotationGuests != n.guests || mb.AnnotationModSeq < n.newest {
		c.inBox(cb, FindCount, true, "its row counts %d annotations, of others %d octets; there are %d, and %d", mb.annotationRows, mb.annotationGuests, n.rows, n.guests)
		mb.annotationRows, mb.annotationGuests = n.rows, n.guests
		mb.AnnotationModSeq = max(mb.AnnotationModSeq, n.newest)
		c.dirty(cb)
	}
}
