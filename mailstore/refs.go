package mailstore

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// refBlockSize is how many contents share a row of reference counts. Contents
// that arrived together are mostly copied and expunged together.
const refBlockSize = 256

// refBlock counts the references to contents beyond each one's first.
type refBlock struct {
	counts [refBlockSize]uint32
	size   int // of the row as it is stored, 0: there is none
}

// refCounts are the blocks that a change has touched.
type refCounts struct{ blocks map[uint64]*refBlock }

// block answers the block of a content, read at the change's base.
func (tx *txn) refBlock(id restante.EmailID) (*refBlock, error) {
	number := uint64(id) / refBlockSize
	if b := tx.refs.blocks[number]; b != nil {
		return b, nil
	}
	row, there, err := tx.lookUp(refsKey(number))
	b := &refBlock{}
	switch {
	case err != nil:
		return nil, err
	case there && !b.parse(row):
		return nil, fmt.Errorf("mailstore: references %d: %w", number, restante.ErrCorrupt)
	}
	if tx.refs.blocks == nil {
		tx.refs.blocks = make(map[uint64]*refBlock)
	}
	tx.refs.blocks[number] = b
	return b, nil
}

// retain counts one more reference to a content.
func (tx *txn) retain(id restante.EmailID) error {
	b, err := tx.refBlock(id)
	if err != nil {
		return err
	}
	n := &b.counts[id%refBlockSize]
	if *n == 1<<32-1 {
		return fmt.Errorf("mailstore: content %d has too many copies: %w", id, restante.ErrLimit)
	}
	*n++
	return nil
}

// release counts one reference less. last reports that there is none left, so
// that the content has to go.
func (tx *txn) release(id restante.EmailID) (last bool, err error) {
	b, err := tx.refBlock(id)
	if err != nil {
		return false, err
	}
	n := &b.counts[id%refBlockSize]
	if *n == 0 {
		return true, nil
	}
	*n--
	return false, nil
}

// write puts the blocks that have changed into the batch.
func (r *refCounts) write(batch *kv.Batch) {
	for _, number := range slices.Sorted(maps.Keys(r.blocks)) {
		b := r.blocks[number]
		row := b.appendTo(nil)
		switch {
		case len(row) > 0:
			batch.Set(refsKey(number), row)
		case b.size > 0:
			batch.Delete(refsKey(number), b.size)
		}
	}
}

// appendTo encodes a block: for each content with extra references its place
// in the block as a byte, then their number as a uvarint.
func (b *refBlock) appendTo(dst []byte) []byte {
	for i, n := range b.counts {
		if n > 0 {
			dst = binary.AppendUvarint(append(dst, byte(i)), uint64(n))
		}
	}
	return dst
}

// parse reads a block's row. ok is false for damaged bytes.
func (b *refBlock) parse(row []byte) (ok bool) {
	b.size = len(row)
	for len(row) > 0 {
		n, m := binary.Uvarint(row[1:])
		if m <= 0 || n == 0 || n >= 1<<32 {
			return false
		}
		b.counts[row[0]] = uint32(n)
		row = row[1+m:]
	}
	return true
}
