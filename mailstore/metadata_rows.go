package mailstore

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/restante/restante"
)

// metadataRow is the value of a row of metadata. What was removed keeps its row
// for a while, so that others can be told; so does an entry whose value is kept
// elsewhere, such as /private/specialuse.
type metadataRow struct {
	modSeq restante.ModSeq // of the last change
	gone   bool            // there is no value, or not here
	name   string          // as it was written when it was set
	value  []byte
}

const metadataGone = 1 // bit of the row's second field

// appendTo encodes the row: the modseq, bits, the name with its length, which is
// left out where it is as in the key, and the value.
func (r *metadataRow) appendTo(dst []byte, entry string) []byte {
	bits, name := uint64(0), r.name
	if r.gone {
		bits |= metadataGone
	}
	if name == entry {
		name = ""
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(r.modSeq)), bits)
	dst = append(binary.AppendUvarint(dst, uint64(len(name))), name...)
	return append(dst, r.value...)
}

// parseMetadataRow reads the row of an entry; the value is a part of b.
func parseMetadataRow(entry string, b []byte) (metadataRow, error) {
	f := fields{b: b}
	r := metadataRow{modSeq: restante.ModSeq(f.next())}
	bits := f.next()
	r.name, r.gone = f.text(), bits&metadataGone != 0
	r.value = f.b
	if r.name == "" {
		r.name = entry
	}
	if f.bad || bits > metadataGone || r.gone && len(r.value) > 0 || !strings.EqualFold(r.name, entry) {
		return r, fmt.Errorf("mailstore: metadata %q: %w", entry, restante.ErrCorrupt)
	}
	return r, nil
}

// size is what the row counts for.
func (r *metadataRow) size() int64 {
	if r.gone {
		return 0
	}
	return int64(len(r.name) + len(r.value))
}

func metadataKey(mb restante.MailboxID, of restante.AccountID, entry string) []byte {
	return append(metadataPrefix(mb, of), entry...)
}

func metadataPrefix(mb restante.MailboxID, of restante.AccountID) []byte {
	dst := appendKey64(make([]byte, 0, 17+32), kindMetadata, uint64(mb))
	return binary.BigEndian.AppendUint64(dst, uint64(of))
}

// metadataRange gives the bounds of all metadata of a mailbox.
func metadataRange(mb restante.MailboxID) (start, end []byte) {
	return key64(kindMetadata, uint64(mb)), key64(kindMetadata, uint64(mb)+1)
}

// metadataRangeOf gives the bounds of what a mailbox has for one account.
func metadataRangeOf(mb restante.MailboxID, of restante.AccountID) (start, end []byte) {
	return metadataPrefix(mb, of), metadataPrefix(mb, of+1)
}

// splitMetadataKey reads a key of metadata; ok is false for one that is none.
func splitMetadataKey(key []byte) (mb restante.MailboxID, of restante.AccountID, entry string, ok bool) {
	n, rest, ok := keyNumber(key)
	if !ok || len(rest) <= 8 {
		return 0, 0, "", false
	}
	return restante.MailboxID(n), restante.AccountID(binary.BigEndian.Uint64(rest)), string(rest[8:]), true
}

// entryKey gives the form of an entry's name by which it is found (names are
// case-insensitive, RFC 5464 §3.2), or restante.ErrInvalid.
func entryKey(name string, limit int) (string, error) {
	if len(name) > limit {
		return "", fmt.Errorf("mailstore: entry name of %d octets: %w", len(name), restante.ErrLimit)
	}
	key := strings.ToLower(name)
	if strings.ContainsAny(key, "*%") || strings.Contains(key, "//") || strings.HasSuffix(key, "/") ||
		!strings.HasPrefix(key, privateScope+"/") && !strings.HasPrefix(key, sharedScope+"/") {
		return "", fmt.Errorf("mailstore: entry name %q: %w", name, restante.ErrInvalid)
	}
	return key, nil
}

// The scopes of entries (RFC 5464 §3.2).
const (
	privateScope = "/private"
	sharedScope  = "/shared"
)
