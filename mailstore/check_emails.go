package mailstore

import (
	"iter"
	"maps"
	"slices"

	"github.com/restante/restante"
)

// emailTable counts how often each content is named, in blocks as the
// references are stored: EmailIDs are dense where there is mail.
type emailTable struct {
	blocks map[uint64]*[refBlockSize]emailEntry
}

type emailEntry struct {
	thread restante.ThreadID
	size   uint32
	named  uint32 // by so many messages
	sizes  bool   // of which some give another size
}

// add counts a message that names the content. It answers false if another
// one gave it a different size or thread.
func (t *emailTable) add(id restante.EmailID, size uint32, thread restante.ThreadID) bool {
	if t.blocks == nil {
		t.blocks = make(map[uint64]*[refBlockSize]emailEntry)
	}
	b := t.blocks[uint64(id)/refBlockSize]
	if b == nil {
		b = new([refBlockSize]emailEntry)
		t.blocks[uint64(id)/refBlockSize] = b
	}
	e := &b[id%refBlockSize]
	same := e.named == 0 || e.thread == thread
	e.sizes = e.sizes || e.named > 0 && e.size != size
	e.size, e.thread = size, thread
	e.named++
	return same
}

// get answers the entry of a content, a zero one if nothing names it.
func (t *emailTable) get(id restante.EmailID) emailEntry {
	if b := t.blocks[uint64(id)/refBlockSize]; b != nil {
		return b[id%refBlockSize]
	}
	return emailEntry{}
}

// all gives the contents that are named, rising.
func (t *emailTable) all() iter.Seq2[restante.EmailID, emailEntry] {
	return func(yield func(restante.EmailID, emailEntry) bool) {
		for _, number := range slices.Sorted(maps.Keys(t.blocks)) {
			for i, e := range t.blocks[number] {
				if e.named > 0 && !yield(restante.EmailID(number*refBlockSize+uint64(i)), e) {
					return
				}
			}
		}
	}
}

// refs is the row of references that a block must have; nil for none.
func (t *emailTable) refs(number uint64) []byte {
	var b refBlock
	if entries := t.blocks[number]; entries != nil {
		for i, e := range entries {
			b.counts[i] = max(e.named, 1) - 1
		}
	}
	return b.appendTo(nil)
}

// remove takes back one add.
func (t *emailTable) remove(id restante.EmailID) {
	if b := t.blocks[uint64(id)/refBlockSize]; b != nil && b[id%refBlockSize].named > 0 {
		b[id%refBlockSize].named--
	}
}
