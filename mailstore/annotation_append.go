package mailstore

import (
	"fmt"

	"github.com/restante/restante"
)

// annotate notes the annotations that a message is to come with. Of those with the
// same name the last one counts, and those without a value are left out.
func (u *upload) annotate(l *Limits, list []Annotation) error {
	if err := l.checkAnnotations(list); err != nil {
		return err
	}
	at := make(map[annotationID]int)
	for _, n := range list {
		id := annotationID{of: n.of(1), entry: n.Entry}
		if i, there := at[id]; there {
			u.annotations[i].Value = n.Value
			continue
		}
		at[id] = len(u.annotations)
		u.annotations = append(u.annotations, n)
	}
	kept, shared, private := u.annotations[:0], 0, 0
	for _, n := range u.annotations {
		if n.Value == nil {
			continue
		}
		kept = append(kept, n)
		if n.Private {
			private++
		} else {
			shared++
		}
	}
	if u.annotations = kept; max(shared, private) > l.Annotations {
		return fmt.Errorf("mailstore: %d of one message: %w", max(shared, private), ErrAnnotationCount)
	}
	return nil
}

// admitAnnotations holds what messages are to come with against what they are, the
// limits and the quota.
func (tx *txn) admitAnnotations(d *draft, who restante.AccountID, uploads []*upload) error {
	var size, guests int64
	for _, u := range uploads {
		if len(u.annotations) == 0 {
			continue
		}
		if u.partless != nil {
			return u.partless
		}
		for _, n := range u.annotations {
			size += int64(len(n.Entry) + len(n.Value))
			if n.Private && who != restante.AccountID(tx.partition) {
				guests += int64(len(n.Entry) + len(n.Value))
			}
		}
	}
	if size == 0 {
		return nil
	}
	row := tx.row
	row.usage.Annotations += size
	if row.usage.Annotations > tx.limits.AnnotationBytes || guests > 0 && d.mailbox.annotationGuests+guests > tx.limits.GuestNoteBytes {
		return fmt.Errorf("mailstore: %d octets of annotations: %w", size, restante.ErrOverQuota)
	}
	return row.fitsAnnotations()
}

// writeAnnotations gives a new message its annotations.
func (tx *txn) writeAnnotations(d *draft, uid restante.UID, who restante.AccountID, list []Annotation) {
	for i := range list {
		n := &list[i]
		row := annotationRow{modSeq: tx.modSeq, value: n.Value}
		tx.putAnnotation(d, annotationID{uid, n.of(who), n.Entry}, nil, &row)
	}
}
