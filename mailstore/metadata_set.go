package mailstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Kinds of errors of SetMetadata (RFC 5464 §4.3).
var (
	ErrMetadataValue = fmt.Errorf("metadata value: %w", restante.ErrTooLarge) // MAXSIZE: Limits.MetadataValue
	ErrMetadataCount = fmt.Errorf("metadata entries: %w", restante.ErrLimit)  // TOOMANY
)

// MetadataChange is one entry to be set.
type MetadataChange struct {
	Name   string
	Value  []byte
	Remove bool // the entry is to have no value
}

// MetadataSet tells what SetMetadata did.
type MetadataSet struct {
	ModSeq restante.ModSeq // of the change; 0 if there was nothing to change
	// Bereft are mailboxes that lost a special use to the one that was changed.
	Bereft []restante.MailboxID
}

// SetMetadata sets and removes entries of a place, all or none, in one durable
// commit. /private/specialuse gives a mailbox special uses, which others lose
// (RFC 6154 §4). Errors are restante.ErrNotFound (the mailbox), ErrInvalid (a
// name), ErrNotPermitted (an entry that cannot be set), ErrSpecialUse,
// ErrMetadataValue, ErrMetadataCount and ErrOverQuota.
func (a *Account) SetMetadata(ctx context.Context, p MetadataPlace, changes []MetadataChange) (MetadataSet, error) {
	var result MetadataSet
	_, err := a.As(p.User).update(ctx, kv.Durable, func(tx *txn) error {
		w := metadataWriter{tx: tx, place: p}
		if p.Mailbox != 0 {
			if w.draft = tx.draftOf(p.Mailbox); w.draft == nil {
				return notFound("mailbox", uint64(p.Mailbox))
			}
		}
		for _, c := range changes {
			if err := w.set(c); err != nil {
				return err
			}
		}
		result = MetadataSet{Bereft: w.bereft}
		if tx.metadata {
			result.ModSeq = tx.modSeq
		}
		return w.finish()
	})
	return result, err
}

// metadataWriter computes one SetMetadata.
type metadataWriter struct {
	tx     *txn
	place  MetadataPlace
	draft  *draft // nil: of the server
	sets   []*metadataRows
	bereft []restante.MailboxID
}

// metadataRows are the rows that a place has for one account, as they will be.
type metadataRows struct {
	of   restante.AccountID
	rows map[string]keptMetadata
	live int   // of them those that have a value
	size int64 // of these
	grew bool
}

// keptMetadata is what counts of a row.
type keptMetadata struct {
	modSeq restante.ModSeq
	gone   bool
	size   int64
}

// set makes one entry part of the change.
func (w *metadataWriter) set(c MetadataChange) error {
	l := w.tx.limits
	entry, err := entryKey(c.Name, l.EntryBytes)
	if err != nil {
		return err
	}
	if !c.Remove && len(c.Value) > l.MetadataValue {
		return fmt.Errorf("mailstore: %q has %d octets: %w", entry, len(c.Value), ErrMetadataValue)
	}
	switch {
	case entry == EntrySpecialUse && w.draft != nil:
		return w.setSpecialUse(c)
	case entry == EntryAppendLimit && w.draft != nil, w.draft == nil && w.tx.store.isServerEntry(entry):
		return fmt.Errorf("mailstore: %q is set by the server: %w", entry, restante.ErrNotPermitted)
	case w.draft == nil && strings.HasPrefix(entry, sharedScope+"/"):
		return fmt.Errorf("mailstore: %q would be of all users: %w", entry, restante.ErrNotPermitted)
	}
	return w.write(entry, c)
}

// write changes a row.
func (w *metadataWriter) write(entry string, c MetadataChange) error {
	set, err := w.rowsOf(w.place.of(entry))
	if err != nil {
		return err
	}
	old, there := set.rows[entry]
	was := there && !old.gone
	if c.Remove && !was {
		return nil
	}
	key := metadataKey(w.place.Mailbox, set.of, entry)
	if was && !c.Remove && old.modSeq != w.tx.modSeq {
		value, err := w.tx.view.Get(key, nil)
		if err != nil {
			return unavailable("read metadata", err)
		}
		if row, err := parseMetadataRow(entry, value); err != nil || row.name == c.Name && bytes.Equal(row.value, c.Value) {
			return err
		}
	}
	row := metadataRow{modSeq: w.tx.modSeq, gone: c.Remove, name: c.Name}
	if !c.Remove {
		row.value = c.Value
	}
	w.tx.batch.Set(key, row.appendTo(nil, entry))
	set.put(w.tx, entry, &row)
	w.touch()
	return nil
}

// put counts a row that replaces the one before it.
func (set *metadataRows) put(tx *txn, entry string, row *metadataRow) {
	old, there := set.rows[entry]
	if there && !old.gone {
		set.live--
	}
	if !row.gone {
		set.live++
	}
	more := row.size() - old.size
	set.size += more
	set.grew = set.grew || more > 0
	tx.row.usage.Metadata += more
	set.rows[entry] = keptMetadata{modSeq: row.modSeq, gone: row.gone, size: row.size()}
}

// rowsOf reads the rows of an account.
func (w *metadataWriter) rowsOf(of restante.AccountID) (*metadataRows, error) {
	for _, set := range w.sets {
		if set.of == of {
			return set, nil
		}
	}
	view, err := w.tx.read()
	if err != nil {
		return nil, err
	}
	set := &metadataRows{of: of, rows: make(map[string]keptMetadata)}
	start, end := metadataRangeOf(w.place.Mailbox, of)
	err = scanMetadata(view, start, end, func(entry string, row metadataRow) {
		set.rows[entry] = keptMetadata{modSeq: row.modSeq, gone: row.gone, size: row.size()}
		set.size += row.size()
		if !row.gone {
			set.live++
		}
	})
	if err != nil {
		return nil, unavailable("read metadata", err)
	}
	w.sets = append(w.sets, set)
	return set, nil
}

// touch notes that the place's metadata changes.
func (w *metadataWriter) touch() { w.tx.touchMetadata(w.draft) }

// touchMetadata notes that metadata of a mailbox changes, of the server with nil. The
// mailbox's own modseq rises with it (RFC 7162 §3.2).
func (tx *txn) touchMetadata(d *draft) {
	tx.metadata = true
	if d == nil {
		tx.row.metadata = tx.modSeq
		return
	}
	d.mailbox.MetadataModSeq, d.mailbox.HighestModSeq, d.touched = tx.modSeq, tx.modSeq, true
}

// finish holds what there will be against the limits, and forgets the entries
// that have been gone for longest.
func (w *metadataWriter) finish() error {
	l := w.tx.limits
	for _, set := range w.sets {
		entries, size := l.MetadataEntries, l.MetadataBytes
		if set.of != 0 {
			entries, size = l.GuestEntries, l.GuestBytes
		}
		if set.grew && set.live > entries {
			return fmt.Errorf("mailstore: more than %d: %w", entries, ErrMetadataCount)
		}
		if set.grew && (set.size > size || w.tx.row.usage.Metadata > l.MetadataBytes) {
			return fmt.Errorf("mailstore: %d octets of metadata: %w", set.size, restante.ErrOverQuota)
		}
		set.forget(w.tx, w.place.Mailbox, entries)
	}
	if u, was := w.tx.row.usage, w.tx.base.account.usage; u.Metadata > was.Metadata {
		return w.tx.row.fitsAnnotations()
	}
	return nil
}

// forget removes rows without a value beyond most, the oldest first: whoever was
// to be told of them has had the time.
func (set *metadataRows) forget(tx *txn, mb restante.MailboxID, most int) {
	var gone []string
	for entry, row := range set.rows {
		if row.gone {
			gone = append(gone, entry)
		}
	}
	if len(gone) <= most {
		return
	}
	slices.SortFunc(gone, func(a, b string) int {
		return cmp.Or(cmp.Compare(set.rows[a].modSeq, set.rows[b].modSeq), cmp.Compare(a, b))
	})
	for _, entry := range gone[:len(gone)-most] {
		tx.batch.Delete(metadataKey(mb, set.of, entry), len(entry)+16)
	}
}
