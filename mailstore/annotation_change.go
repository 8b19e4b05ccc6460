package mailstore

import (
	"bytes"
	"fmt"

	"github.com/restante/restante"
)

// putAnnotation writes an annotation of a message in place of the row that there
// was; nil: none.
func (tx *txn) putAnnotation(d *draft, id annotationID, old, row *annotationRow) {
	tx.batch.Set(annotationKey(d.mailbox.ID, id), row.appendTo(nil))
	if old == nil {
		d.mailbox.annotationRows++
		old = &annotationRow{gone: true}
	}
	tx.countAnnotation(d, id.of, row.size(id.entry)-old.size(id.entry))
}

// deleteAnnotation removes a row.
func (tx *txn) deleteAnnotation(d *draft, id annotationID, old *annotationRow) {
	tx.batch.Delete(annotationKey(d.mailbox.ID, id), len(old.value)+8)
	d.mailbox.annotationRows--
	tx.countAnnotation(d, id.of, -old.size(id.entry))
}

// countAnnotation takes note of a change of an annotation's size.
func (tx *txn) countAnnotation(d *draft, of restante.AccountID, more int64) {
	tx.row.usage.Annotations += more
	if of != 0 && of != restante.AccountID(tx.partition) {
		d.mailbox.annotationGuests += more
	}
	d.mailbox.AnnotationModSeq, d.touched = tx.modSeq, true
}

// fitAnnotations holds what there will be against the limits, where it is more than
// before.
func (tx *txn) fitAnnotations(d *draft) error {
	guests := int64(0)
	if d.base != nil {
		guests = d.base.mailbox.annotationGuests
	}
	l, u := tx.limits, tx.row.usage.Annotations
	switch {
	case d.mailbox.annotationGuests > max(guests, l.GuestNoteBytes), u > max(tx.base.account.usage.Annotations, l.AnnotationBytes):
		return fmt.Errorf("mailstore: %d octets of annotations: %w", u, restante.ErrOverQuota)
	case u > tx.base.account.usage.Annotations:
		return tx.row.fitsAnnotations()
	}
	return nil
}

// dropAnnotations removes the annotations of messages that go.
func (tx *txn) dropAnnotations(d *draft, uids UIDSet) error {
	if d.mailbox.annotationRows == 0 {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	c := newAnnotationCursor(view, d.mailbox.ID)
	defer c.close()
	err = c.each(uids, func(id annotationID, row annotationRow) error {
		tx.deleteAnnotation(d, id, &row)
		return nil
	})
	if err != nil {
		return unavailable("read annotations", err)
	}
	return nil
}

// annotationCarrier gives copies the annotations of their messages (RFC 5257 §4.6).
// Its methods do nothing for nil.
type annotationCarrier struct {
	tx     *txn
	to     *draft
	who    restante.AccountID // whose private ones are copied; 0: everybody's
	rights Rights             // on the destination
	from   *annotationCursor
}

// annotations answers the carrier of a copy; nil where there is nothing to carry.
func (tx *txn) annotations(from, to *draft, who restante.AccountID, rights Rights) (*annotationCarrier, error) {
	if from.mailbox.annotationRows == 0 {
		return nil, nil
	}
	view, err := tx.read()
	if err != nil {
		return nil, err
	}
	return &annotationCarrier{tx: tx, to: to, who: who, rights: rights, from: newAnnotationCursor(view, from.mailbox.ID)}, nil
}

// carry copies the annotations of a message. Messages come in rising order.
func (c *annotationCarrier) carry(from, to restante.UID) error {
	if c == nil {
		return nil
	}
	err := c.from.each(UIDSet{{from, from}}, func(id annotationID, row annotationRow) error {
		if row.gone || !c.carries(id.of) {
			return nil
		}
		row.modSeq, row.value = c.tx.modSeq, bytes.Clone(row.value)
		c.tx.putAnnotation(c.to, annotationID{to, id.of, id.entry}, nil, &row)
		return nil
	})
	if err != nil {
		return unavailable("read annotations", err)
	}
	return nil
}

// carries reports whether annotations are copied that are somebody's.
func (c *annotationCarrier) carries(of restante.AccountID) bool {
	switch {
	case of == 0:
		return c.rights.Has(RightAnnotate)
	case c.who == 0:
		return true
	}
	return of == c.who && c.rights.Has(RightRead)
}

// fit holds what has come against the limits.
func (c *annotationCarrier) fit() error {
	if c == nil {
		return nil
	}
	return c.tx.fitAnnotations(c.to)
}

// close ends the copying.
func (c *annotationCarrier) close() {
	if c != nil {
		c.from.close()
	}
}
