package mailstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// A message's bytes lie in a header row, which holds its header block, and
// body chunks. Chunks have fixed bounds in the message, so that any offset is
// found without an index; a chunk's row begins after the header row where that
// reaches into it, and there is no row for a chunk without bytes. The first
// chunk is small, so that the first part of a message with attachments is read
// without them.
const (
	headerRow  = 256 << 10 // the most of a header that its row holds
	firstChunk = 8 << 10   // end of chunk 0
	chunkSize  = 256 << 10 // end of chunk 1, and size of those after it
)

// headerSplit is where the header row of a message ends and its chunks begin.
func headerSplit(headerSize int64) int64 { return min(headerSize, headerRow) }

// chunkOf is the chunk that holds an offset.
func chunkOf(offset int64) uint32 {
	if offset < firstChunk {
		return 0
	}
	return uint32(offset/chunkSize) + 1
}

// chunkBounds are the offsets in the message where a chunk begins and ends.
func chunkBounds(chunk uint32) (start, end int64) {
	switch chunk {
	case 0:
		return 0, firstChunk
	case 1:
		return firstChunk, chunkSize
	}
	return int64(chunk-1) * chunkSize, int64(chunk) * chunkSize
}

// setContent writes the rows of a content. data is the message, or as much of
// it from its start as is not stored yet.
func setContent(batch *kv.Batch, id restante.EmailID, summary, data []byte, headerSize int64) {
	batch.Add(summaryKey(id), summary)
	split := min(headerSplit(headerSize), int64(len(data)))
	batch.Add(headerKey(id), data[:split])
	for chunk := chunkOf(split); ; chunk++ {
		start, end := chunkBounds(chunk)
		start, end = max(start, split), min(end, int64(len(data)))
		if start >= end {
			return
		}
		batch.Add(bodyKey(id, chunk), data[start:end])
	}
}

// content is what is known of a content that goes.
type content struct {
	id   restante.EmailID
	size uint32
}

const (
	// rangeRun is from how many contents in a row on their rows are deleted
	// as ranges, which engines keep as one mark each.
	rangeRun = 8
	// about what rows have whose size is not known without reading them
	typicalSummary = 1 << 10
	typicalHeader  = 2 << 10
)

// dropContents deletes contents that no page names any more, and what threads
// know of them.
func (tx *txn) dropContents(gone []content) error {
	if len(gone) == 0 {
		return nil
	}
	slices.SortFunc(gone, func(a, b content) int { return cmp.Compare(a.id, b.id) })
	if err := tx.dropThreads(gone); err != nil {
		return err
	}
	if err := tx.dropObjects(gone); err != nil {
		return err
	}
	for len(gone) > 0 {
		n := 1
		for n < len(gone) && gone[n].id == gone[n-1].id+1 {
			n++
		}
		if n < rangeRun {
			for _, c := range gone[:n] {
				tx.dropContent(c)
			}
		} else {
			for _, c := range gone[:n] {
				tx.batch.WillFree(int64(c.size) + typicalSummary)
			}
			for _, kind := range [...]byte{kindSummary, kindHeader, kindBody, kindThreadOf} {
				tx.batch.DeleteRange(contentRange(kind, gone[0].id, gone[n-1].id))
			}
		}
		gone = gone[n:]
	}
	return nil
}

func (tx *txn) dropContent(c content) {
	size := int64(c.size)
	header := min(size, typicalHeader)
	tx.batch.Delete(summaryKey(c.id), typicalSummary)
	tx.batch.Delete(headerKey(c.id), int(header))
	for chunk := uint32(0); ; chunk++ {
		start, end := chunkBounds(chunk)
		if start >= size {
			break
		}
		tx.batch.Delete(bodyKey(c.id, chunk), int(min(end, size)-max(start, min(header, end))))
	}
	tx.batch.Delete(threadOfKey(c.id), 8)
}

// dropThreads deletes the thread rows of contents, which are sorted.
func (tx *txn) dropThreads(gone []content) error {
	return tx.eachRow(kindThreadOf, gone, func(id restante.EmailID, hashes []byte) {
		for b := hashes; len(b) >= 8; b = b[8:] {
			hash := binary.BigEndian.Uint64(b)
			tx.batch.Delete(threadKey(hash, id), 8)
			tx.unthreaded = append(tx.unthreaded, hash)
		}
	})
}

// eachRow gives f the rows of a kind that contents have. The contents are sorted, and
// few of them may have one.
func (tx *txn) eachRow(kind byte, of []content, f func(id restante.EmailID, row []byte)) error {
	view, err := tx.read()
	if err != nil {
		return err
	}
	it := view.Scan(contentRange(kind, of[0].id, of[len(of)-1].id))
	for ok := it.Next(); ok && len(of) > 0; {
		n, _, valid := keyNumber(it.Key())
		id := restante.EmailID(n)
		if !valid {
			return errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		switch {
		case id < of[0].id:
			ok = it.SeekGE(key64(kind, uint64(of[0].id)))
		case id > of[0].id:
			of = of[1:]
		default:
			f(id, it.Value())
			of = of[1:]
			ok = it.Next()
		}
	}
	if err := it.Close(); err != nil {
		return unavailable("read rows of contents", err)
	}
	return nil
}
