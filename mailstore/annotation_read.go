package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Annotations calls f with the annotations of a message that the account's user
// sees: the shared ones in order of their names, then his own. Values are valid
// during the call. It is cheapest for messages of one mailbox in rising order of
// UIDs. A message that is not there has none.
func (r *Reader) Annotations(mb restante.MailboxID, uid restante.UID, f func(Annotation) error) error {
	if err := r.renew(); err != nil {
		return err
	}
	if r.notes == nil || r.notes.mailbox != mb || r.noted >= uid {
		r.dropNotes()
		r.notes = newAnnotationCursor(r.snap, mb)
	}
	r.noted = uid
	who := r.account.who()
	err := r.notes.each(UIDSet{{uid, uid}}, func(id annotationID, row annotationRow) error {
		if row.gone || id.of != 0 && id.of != who {
			return nil
		}
		return f(Annotation{Entry: id.entry, Private: id.of != 0, Value: row.value})
	})
	if err != nil {
		r.dropNotes()
	}
	return err
}

// Annotation calls f with the value of one annotation of a message that the account's
// user sees, if there is one, private or shared. The value is valid during the call.
func (r *Reader) Annotation(mb restante.MailboxID, uid restante.UID, entry string, private bool, f func(value []byte) error) error {
	if err := r.renew(); err != nil {
		return err
	}
	n := Annotation{Entry: entry, Private: private}
	b, err := r.snap.Get(annotationKey(mb, annotationID{uid, n.of(r.account.who()), entry}), r.note[:0])
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return nil
	case err != nil:
		return unavailable("read annotation", err)
	}
	r.note = b
	row, ok := parseAnnotationRow(b)
	switch {
	case !ok:
		return fmt.Errorf("mailstore: annotation %q of UID %d: %w", entry, uid, restante.ErrCorrupt)
	case row.gone:
		return nil
	}
	return f(row.value)
}

func (r *Reader) dropNotes() {
	if r.notes != nil {
		r.notes.close()
		r.notes = nil
	}
}

// AnnotationSpan is a time in which annotations were changed: after a modseq, but
// not at another one.
type AnnotationSpan struct{ Since, Without restante.ModSeq }

// ChangedAnnotations gives the names of the annotations, of those that the account's
// user sees, that were set or removed in a span, by message and in order. Of many
// that were removed some are forgotten.
func (a *Account) ChangedAnnotations(
	ctx context.Context, mb *Mailbox, uids UIDSet, span AnnotationSpan,
) (map[restante.UID][]string, error) {
	changed := make(map[restante.UID][]string)
	if mb.annotationRows == 0 || mb.AnnotationModSeq <= span.Since {
		return changed, nil
	}
	snap, err := a.store.kv.Snapshot(ctx, kv.Partition(a.id))
	if err != nil {
		return nil, unavailable("read annotations", err)
	}
	defer snap.Close()
	c := newAnnotationCursor(snap, mb.ID)
	defer c.close()
	who := a.who()
	err = c.each(uids, func(id annotationID, row annotationRow) error {
		if row.modSeq <= span.Since || row.modSeq == span.Without || id.of != 0 && id.of != who {
			return nil
		}
		list := changed[id.uid]
		if at, there := slices.BinarySearch(list, id.entry); !there {
			changed[id.uid] = slices.Insert(list, at, id.entry)
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("read annotations", err)
	}
	return changed, nil
}

// HasAnnotations reports whether any of the mailbox's messages may have annotations,
// of anyone.
func (mb *Mailbox) HasAnnotations() bool { return mb.annotationRows > 0 }
