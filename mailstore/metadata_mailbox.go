package mailstore

import (
	"strconv"
	"strings"

	"github.com/restante/restante"
)

// dropMetadata removes all metadata of a mailbox that is deleted, so that one of
// the same name does not inherit it (RFC 5464 §4.1).
func (tx *txn) dropMetadata(d *draft) error {
	if d.mailbox.MetadataModSeq == 0 {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	start, end := metadataRange(d.mailbox.ID)
	var size int64
	if err := scanMetadata(view, start, end, func(_ string, row metadataRow) { size += row.size() }); err != nil {
		return unavailable("read metadata", err)
	}
	tx.row.usage.Metadata -= size
	tx.batch.DeleteRange(start, end)
	d.mailbox.MetadataModSeq, tx.metadata = 0, true
	return nil
}

// copyMetadata gives a new mailbox what another has: of INBOX, which stays when
// it is renamed (RFC 5464 §4.1).
func (tx *txn) copyMetadata(from, to *draft) error {
	if from.mailbox.MetadataModSeq == 0 {
		return nil
	}
	view, err := tx.read()
	if err != nil {
		return err
	}
	start, end := metadataRange(from.mailbox.ID)
	it := view.Scan(start, end)
	for it.Next() {
		_, of, entry, ok := splitMetadataKey(it.Key())
		row, err := parseMetadataRow(entry, it.Value())
		if !ok || err != nil {
			_ = it.Close()
			return unavailable("read metadata", restante.ErrCorrupt)
		}
		if row.gone {
			continue
		}
		row.modSeq = tx.modSeq
		tx.batch.Set(metadataKey(to.mailbox.ID, of, entry), row.appendTo(nil, entry))
		tx.row.usage.Metadata += row.size()
		tx.touchMetadata(to)
	}
	if err := it.Close(); err != nil {
		return unavailable("read metadata", err)
	}
	if tx.row.usage.Metadata > max(tx.limits.MetadataBytes, tx.base.account.usage.Metadata) {
		return restante.ErrOverQuota
	}
	return tx.row.fitsAnnotations()
}

// isServerEntry reports whether the configuration gives a server entry its value.
func (s *Store) isServerEntry(entry string) bool {
	for _, e := range s.options.ServerMetadata {
		if strings.ToLower(e.Name) == entry {
			return true
		}
	}
	return false
}

func appendNumber(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
