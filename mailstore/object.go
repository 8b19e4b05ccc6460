package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// Objects: a message above Options.BlobsAbove octets lies whole in an object of the
// blob store. Its summary, its header row and its first octets lie in the engine all
// the same, so that lists and short texts do not need the object, and a row of kind
// object says which one it is and from where on the octets are there only.
//
// The object is written before the commit that names it, while the upload's staging row
// names it. Wherever a row goes that names an object, a row of kind forgotten comes in
// the same commit, and the object is deleted once that row is Options.DeleteAfter old
// (see object_reap.go). So every object is named by a row, from before it is there until
// it is gone, but for those whose rows a crash took back, and those that a Put wrote
// after it had failed: what no row names a sweep deletes (see object_sweep.go).

// sumBlock is of how many octets of an object a checksum is kept. It is that of a
// chunk, so that reading an object costs no more than reading chunks.
const sumBlock = chunkSize

// object is what a row says of a content's object.
type object struct {
	name blob.Name
	size int64 // of the message
	from int64 // the engine holds the octets before
	sums []byte
}

// objectRowHead is the least that a row has: the token and two numbers.
const objectRowHead = 10

// appendTo encodes the row: the token, uvarints of size and from, then the checksum
// (CRC-32C, big-endian) of each block.
func (o *object) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, o.name.Token)
	dst = binary.AppendUvarint(dst, uint64(o.size))
	dst = binary.AppendUvarint(dst, uint64(o.from))
	return append(dst, o.sums...)
}

// parseObject reads a row, whose bytes it keeps.
func parseObject(account restante.AccountID, id restante.EmailID, row []byte) (*object, error) {
	o := &object{name: blob.Name{Account: account, Email: id}}
	if len(row) >= objectRowHead {
		o.name.Token = binary.BigEndian.Uint64(row)
		f := fields{b: row[8:]}
		o.size, o.from, o.sums = int64(f.next()), int64(f.next()), f.b
		if !f.bad && o.from >= 0 && o.from < o.size && o.size < 1<<32 && len(f.b) == 4*blocksOf(o.size) {
			return o, nil
		}
	}
	return nil, fmt.Errorf("mailstore: object row of content %d: %w", id, restante.ErrCorrupt)
}

func blocksOf(size int64) int { return int((size + sumBlock - 1) / sumBlock) }

// read fills p with the octets of the object from off on. off is where a block begins,
// and p ends where one does. If the object is not there or shorter, or has other octets
// than were written, that is restante.ErrCorrupt.
func (o *object) read(ctx context.Context, store blob.Store, p []byte, off int64) error {
	if store == nil {
		return fmt.Errorf("mailstore: content %d is an object, and no store of objects is configured: %w", o.name.Email, ErrObjectUnavailable)
	}
	n, err := store.ReadAt(ctx, o.name, p, off)
	switch {
	case errors.Is(err, restante.ErrNotFound):
		return fmt.Errorf("mailstore: object %v: %w: %w", o.name, restante.ErrCorrupt, errObjectGone)
	case n < len(p) && (err == nil || errors.Is(err, io.EOF)):
		return fmt.Errorf("mailstore: object %v has no octets from %d on: %w", o.name, off+int64(n), restante.ErrCorrupt)
	case n < len(p) && ctx.Err() == nil && !errors.Is(err, restante.ErrCorrupt):
		return fmt.Errorf("mailstore: object %v: %w: %w", o.name, ErrObjectUnavailable, err)
	case n < len(p):
		return unavailable("read object", err)
	}
	for len(p) > 0 {
		n := min(len(p), sumBlock)
		if binary.BigEndian.Uint32(o.sums[4*(off/sumBlock):]) != crc32.Checksum(p[:n], castagnoli()) {
			return fmt.Errorf("mailstore: object %v has other octets at %d than were written: %w", o.name, off, restante.ErrCorrupt)
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// ErrObjectUnavailable says that a message's object cannot be read for now, which tells
// nothing of other messages.
var ErrObjectUnavailable = fmt.Errorf("object cannot be had: %w", restante.ErrUnavailable)

// errObjectGone is part of the error for an object that is not there.
var errObjectGone = errors.New("the object is gone")

// castagnoli answers the table of CRC-32C, which the package crc32 makes once.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// checksums computes those of an object's blocks.
func checksums(body io.ReaderAt, size int64, buf []byte) ([]byte, error) {
	sums := make([]byte, 0, 4*blocksOf(size))
	for off := int64(0); off < size; off += sumBlock {
		p := buf[:min(size-off, sumBlock)]
		if n, err := body.ReadAt(p, off); n < len(p) {
			return nil, unavailable("read upload", err)
		}
		sums = binary.BigEndian.AppendUint32(sums, crc32.Checksum(p, castagnoli()))
	}
	return sums, nil
}

// forget notes that an object is no longer named, or never will be, so that it is
// deleted once nobody reads it any more.
func (tx *txn) forget(name blob.Name) {
	tx.batch.Set(forgottenKey(name.Email, name.Token), appendForgotten(nil, tx.now))
	tx.forgot = true
}

// allObjects is the name under which a row of kind forgotten stands, in the partition of
// an account that was removed, for all objects of the account. No object has it.
func allObjects(id restante.AccountID) blob.Name { return blob.Name{Account: id} }

// appendForgotten encodes the row of an object that is forgotten now.
func appendForgotten(dst []byte, now time.Time) []byte {
	return binary.AppendUvarint(dst, uint64(now.Unix()))
}

// parseForgotten reads a row of kind forgotten: a uvarint of the Unix seconds of when.
func parseForgotten(account restante.AccountID, key, row []byte) (name blob.Name, at int64, ok bool) {
	id, rest, ok := keyNumber(key)
	seconds, n := binary.Uvarint(row)
	if !ok || len(rest) != 8 || n <= 0 || n != len(row) {
		return blob.Name{}, 0, false
	}
	return blob.Name{Account: account, Email: restante.EmailID(id), Token: binary.BigEndian.Uint64(rest)}, int64(seconds), true
}

// dropObjects forgets the objects of contents, which are sorted, and removes their rows.
func (tx *txn) dropObjects(gone []content) error {
	if !tx.row.objects {
		return nil
	}
	return tx.eachRow(kindObject, gone, func(id restante.EmailID, row []byte) {
		// A row that cannot be read goes too: what it named a sweep finds.
		if o, err := parseObject(restante.AccountID(tx.partition), id, row); err == nil {
			tx.forget(o.name)
		}
		tx.batch.Delete(objectKey(id), len(row))
	})
}
