package mailstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// setSpecialUse gives the mailbox the special uses that a value of
// /private/specialuse names, and takes them from the mailboxes that had them
// (RFC 6154 §4, §5.4).
func (w *metadataWriter) setSpecialUse(c MetadataChange) error {
	if w.place.User != 0 {
		return fmt.Errorf("mailstore: special uses are the owner's to give: %w", restante.ErrNotPermitted)
	}
	var asked []string
	if !c.Remove {
		asked = strings.Fields(string(c.Value))
	}
	uses, err := normalizeUses(asked)
	if err != nil {
		return err
	}
	if w.draft.mailbox.NoSelect && len(uses) > 0 {
		return fmt.Errorf("mailstore: a level of the hierarchy has no use: %w", ErrSpecialUse)
	}
	if slices.Equal(uses, w.draft.mailbox.SpecialUse) {
		return nil
	}
	for _, b := range w.tx.base.mailboxes {
		if b.mailbox.ID == w.place.Mailbox || !slices.ContainsFunc(b.mailbox.SpecialUse, contains(uses)) {
			continue
		}
		d := w.tx.draftOf(b.mailbox.ID)
		d.mailbox.SpecialUse = slices.DeleteFunc(slices.Clone(d.mailbox.SpecialUse), contains(uses))
		w.tx.noteSpecialUse(d)
		w.bereft = append(w.bereft, b.mailbox.ID)
	}
	w.draft.mailbox.SpecialUse = uses
	w.tx.noteSpecialUse(w.draft)
	return nil
}

func contains(list []string) func(string) bool {
	return func(s string) bool { return slices.Contains(list, s) }
}

// noteSpecialUse notes that a mailbox's special uses change, with a row that has
// no value, by which others are told.
func (tx *txn) noteSpecialUse(d *draft) {
	row := metadataRow{modSeq: tx.modSeq, gone: true, name: EntrySpecialUse}
	tx.batch.Set(metadataKey(d.mailbox.ID, 0, EntrySpecialUse), row.appendTo(nil, EntrySpecialUse))
	tx.structure = true
	tx.touchMetadata(d)
}
