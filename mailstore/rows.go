package mailstore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/restante/restante"
)

// accountRow is the row of which an account has one. It changes with every
// commit that gives out numbers or changes what is used.
type accountRow struct {
	name            string
	created         int64 // Unix seconds
	nextMailbox     restante.MailboxID
	nextEmail       restante.EmailID
	lastUIDValidity uint32 // the highest one given out
	hasQuota        bool   // else the configured default holds
	quota           Quota
	usage           Usage // Mailboxes is not stored
	epoch           modSeqEpoch
	metadata        restante.ModSeq // of the last change of the server's entries; 0: there never were any
	objects         bool            // contents are or were objects; it is told by the schema version
}

// appendTo encodes the row: the schema version, then uvarints, then the name.
func (r *accountRow) appendTo(dst []byte) []byte {
	version := uint64(schemaWithoutObjects)
	if r.objects {
		version = schemaVersion
	}
	dst = binary.AppendUvarint(dst, version)
	hasQuota, quota := uint64(0), Quota{}
	if r.hasQuota {
		hasQuota, quota = 1, r.quota
	}
	for _, v := range [...]uint64{
		uint64(r.created), uint64(r.nextMailbox), uint64(r.nextEmail), uint64(r.lastUIDValidity),
		hasQuota, uint64(quota.Bytes), uint64(quota.Messages), uint64(r.usage.Bytes), uint64(r.usage.Messages),
		r.epoch.unclean, r.epoch.skipped,
		// From schema version 2 on:
		uint64(quota.Mailboxes), uint64(quota.Annotations), uint64(r.usage.Annotations), uint64(r.usage.Metadata),
		uint64(r.metadata),
	} {
		dst = binary.AppendUvarint(dst, v)
	}
	return append(dst, r.name...)
}

// parseAccountRow reads an account row. fallback is the quota of an account
// without its own. An account of a newer program is restante.ErrUnavailable.
func parseAccountRow(b []byte, fallback Quota) (accountRow, error) {
	f := fields{b: b}
	v := f.next()
	if v > schemaVersion {
		return accountRow{}, fmt.Errorf("mailstore: account has schema version %d, this program knows %d: %w",
			v, schemaVersion, restante.ErrUnavailable)
	}
	r := accountRow{
		created:         int64(f.next()),
		nextMailbox:     restante.MailboxID(f.next()),
		nextEmail:       restante.EmailID(f.next()),
		lastUIDValidity: uint32(f.next()),
		hasQuota:        f.next() == 1,
		quota:           Quota{Bytes: int64(f.next()), Messages: int64(f.next())},
		usage:           Usage{Bytes: int64(f.next()), Messages: int64(f.next())},
		epoch:           modSeqEpoch{unclean: f.next(), skipped: f.next()},
	}
	if v > 1 {
		r.quota.Mailboxes, r.quota.Annotations = int64(f.next()), int64(f.next())
		r.usage.Annotations, r.usage.Metadata = int64(f.next()), int64(f.next())
		r.metadata = restante.ModSeq(f.next())
	}
	r.objects = v > schemaWithoutObjects
	r.name = string(f.b)
	if !r.hasQuota {
		r.quota = fallback
	}
	if f.bad {
		return accountRow{}, fmt.Errorf("mailstore: account row: %w", restante.ErrCorrupt)
	}
	return r, nil
}

// Bits of the mailbox row's first field.
const (
	mailboxNoSelect = 1
	mailboxLong     = 2 // fields follow that rows of schema version 1 lack
	mailboxNotes    = 4 // and those of a mailbox whose messages have had annotations
)

// appendMailboxRow encodes a mailbox row: uvarints, then the special uses and
// the name with their lengths, then uvarints that rows of schema version 1 lack, and
// those that the bits announce.
func appendMailboxRow(dst []byte, b *box) []byte {
	m := b.mailbox
	bits := uint64(mailboxLong)
	if m.NoSelect {
		bits |= mailboxNoSelect
	}
	if m.AnnotationModSeq != 0 {
		bits |= mailboxNotes
	}
	for _, v := range [...]uint64{
		bits, uint64(m.UIDValidity), uint64(m.UIDNext), uint64(m.HighestModSeq), uint64(m.Messages),
		uint64(m.Unseen), uint64(m.Deleted), m.Size, m.DeletedSize, uint64(m.Created.Unix()),
		uint64(b.floor), uint64(b.history), uint64(len(m.SpecialUse)),
	} {
		dst = binary.AppendUvarint(dst, v)
	}
	for _, use := range m.SpecialUse {
		dst = append(binary.AppendUvarint(dst, uint64(len(use))), use...)
	}
	dst = append(binary.AppendUvarint(dst, uint64(len(m.Name))), m.Name...)
	dst = binary.AppendUvarint(dst, uint64(m.MetadataModSeq))
	dst = binary.AppendUvarint(dst, uint64(m.appendLimit))
	if bits&mailboxNotes != 0 {
		dst = binary.AppendUvarint(dst, uint64(m.AnnotationModSeq))
		dst = binary.AppendUvarint(dst, m.annotationRows)
		dst = binary.AppendUvarint(dst, uint64(m.annotationGuests))
	}
	return dst
}

// parseMailboxRow reads a mailbox row, whose bytes it keeps.
func parseMailboxRow(id restante.MailboxID, row []byte) (*box, error) {
	f := fields{b: row}
	m := &Mailbox{ID: id}
	bits := f.next()
	m.NoSelect = bits&mailboxNoSelect != 0
	m.UIDValidity = uint32(f.next())
	m.UIDNext = restante.UID(f.next())
	m.HighestModSeq = restante.ModSeq(f.next())
	m.Messages, m.Unseen, m.Deleted = uint32(f.next()), uint32(f.next()), uint32(f.next())
	m.Size, m.DeletedSize = f.next(), f.next()
	m.Created = time.Unix(int64(f.next()), 0)
	b := &box{mailbox: m, row: row}
	b.floor, b.history = restante.ModSeq(f.next()), uint32(f.next())
	for n := f.next(); n > 0 && !f.bad; n-- {
		m.SpecialUse = append(m.SpecialUse, f.text())
	}
	m.Name = f.text()
	if bits&mailboxLong != 0 {
		m.MetadataModSeq, m.appendLimit = restante.ModSeq(f.next()), int64(f.next())
	}
	if bits&mailboxNotes != 0 {
		m.AnnotationModSeq, m.annotationRows, m.annotationGuests = restante.ModSeq(f.next()), f.next(), int64(f.next())
		f.bad = f.bad || m.AnnotationModSeq == 0
	}
	if f.bad || len(f.b) > 0 || m.Name == "" || m.UIDNext == 0 || m.UIDValidity == 0 {
		return nil, fmt.Errorf("mailstore: row of mailbox %d: %w", id, restante.ErrCorrupt)
	}
	b.hasTail = m.Messages == 0
	return b, nil
}

// fields reads uvarints and texts one after the other; bad sticks.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) next() uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) text() string {
	n := f.next()
	if n > uint64(len(f.b)) {
		f.bad, f.b = true, nil
		return ""
	}
	s := string(f.b[:n])
	f.b = f.b[n:]
	return s
}
