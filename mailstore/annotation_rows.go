package mailstore

import (
	"encoding/binary"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// annotationRow is the value of a row of an annotation. One that was removed keeps
// its row for a while, so that others can be told.
type annotationRow struct {
	modSeq restante.ModSeq // of the last change
	gone   bool            // there is no value
	value  []byte
}

// goneAnnotations is how many removed annotations of a message, shared or one
// user's, are remembered.
const goneAnnotations = 4

// appendTo encodes the row: the modseq with the bit whether there is no value, and
// the value.
func (r *annotationRow) appendTo(dst []byte) []byte {
	bits := uint64(r.modSeq) << 1
	if r.gone {
		bits |= 1
	}
	return append(binary.AppendUvarint(dst, bits), r.value...)
}

// parseAnnotationRow reads a row; the value is a part of b and not nil.
func parseAnnotationRow(b []byte) (annotationRow, bool) {
	bits, n := binary.Uvarint(b)
	if n <= 0 || bits&1 != 0 && len(b) > n {
		return annotationRow{}, false
	}
	return annotationRow{modSeq: restante.ModSeq(bits >> 1), gone: bits&1 != 0, value: b[n:]}, true
}

// size is what the row of an entry counts for, in octets.
func (r *annotationRow) size(entry string) int64 {
	if r.gone {
		return 0
	}
	return int64(len(entry) + len(r.value))
}

// annotationID is where an annotation is in a mailbox: of which message, whose, and
// its name.
type annotationID struct {
	uid   restante.UID
	of    restante.AccountID // 0: shared
	entry string
}

func annotationKey(mb restante.MailboxID, id annotationID) []byte {
	dst := appendKey64(make([]byte, 0, 21+len(id.entry)), kindAnnotation, uint64(mb))
	dst = binary.BigEndian.AppendUint32(dst, uint32(id.uid))
	return append(binary.BigEndian.AppendUint64(dst, uint64(id.of)), id.entry...)
}

// annotationRange gives the bounds of all annotations in a mailbox.
func annotationRange(mb restante.MailboxID) (start, end []byte) {
	return key64(kindAnnotation, uint64(mb)), key64(kindAnnotation, uint64(mb)+1)
}

// splitAnnotationKey reads a key; ok is false for one that is none.
func splitAnnotationKey(key []byte) (mb restante.MailboxID, id annotationID, ok bool) {
	n, rest, ok := keyNumber(key)
	if !ok || len(rest) <= 12 {
		return 0, id, false
	}
	id.uid = restante.UID(binary.BigEndian.Uint32(rest))
	id.of, id.entry = restante.AccountID(binary.BigEndian.Uint64(rest[4:])), string(rest[12:])
	return restante.MailboxID(n), id, true
}

// annotationCursor walks through the annotations of a mailbox, in order of their
// messages. What it costs follows the annotated messages that it is taken to.
type annotationCursor struct {
	mailbox restante.MailboxID
	it      kv.Iterator
	on      bool // it stands on a row
	id      annotationID
}

func newAnnotationCursor(snap kv.Snapshot, mb restante.MailboxID) *annotationCursor {
	c := &annotationCursor{mailbox: mb, it: snap.Scan(annotationRange(mb))}
	return c
}

// seek moves to the first annotation of a message with this UID or a higher one,
// and reports whether there is one. UIDs come in rising order.
func (c *annotationCursor) seek(uid restante.UID) bool {
	if c.on && c.id.uid >= uid {
		return true
	}
	c.on = c.it.SeekGE(annotationKey(c.mailbox, annotationID{uid: uid}))
	return c.read()
}

// next moves to the annotation after this one.
func (c *annotationCursor) next() bool {
	c.on = c.it.Next()
	return c.read()
}

func (c *annotationCursor) read() bool {
	if c.on {
		_, c.id, _ = splitAnnotationKey(c.it.Key())
	}
	return c.on
}

// row reads the annotation; its value is valid until the next step.
func (c *annotationCursor) row() (annotationRow, error) {
	value := c.it.Value()
	if err := c.it.Err(); err != nil {
		return annotationRow{}, err
	}
	r, ok := parseAnnotationRow(value)
	if !ok || c.id.entry == "" {
		return r, fmt.Errorf("mailstore: annotation %x: %w", c.it.Key(), restante.ErrCorrupt)
	}
	return r, nil
}

// each calls f for all annotations of the messages, until f answers an error.
func (c *annotationCursor) each(uids UIDSet, f func(id annotationID, row annotationRow) error) error {
	for _, r := range uids {
		for on := c.seek(r.First); on && c.id.uid <= r.Last; on = c.next() {
			row, err := c.row()
			if err == nil {
				err = f(c.id, row)
			}
			if err != nil {
				return err
			}
		}
		if !c.on {
			break
		}
	}
	return c.it.Err()
}

// close ends the walk. Errors were told when they were met.
func (c *annotationCursor) close() { _ = c.it.Close() }
