package mailstore

import (
	"iter"
	"maps"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
)

// emailTable counts how often each content is named, in blocks as the
// references are stored: EmailIDs are dense where there is mail.
type emailTable struct {
	blocks map[uint64]*[refBlockSize]emailEntry
}

type emailEntry struct {
	thread  restante.ThreadID
	sent    int64 // seconds since 1970
	size    uint32
	named   uint32 // by so many messages
	zone    int16  // of sent
	sizes   bool   // some of the messages give another size
	dates   bool   // some give another sent date
	undated bool   // all give their internal dates for it
}

// sentLike reports whether the messages give the sent date that the summary has.
func (e *emailEntry) sentLike(s message.Summary) bool {
	unix, zone, ok := s.SentDate()
	if !ok {
		return e.undated
	}
	return !e.dates && e.sent == unix && e.zone == int16(zone)
}

// add counts a message that names the content. It answers false if another one is
// in a different thread.
func (t *emailTable) add(m *Message) bool {
	id := m.EmailID
	if t.blocks == nil {
		t.blocks = make(map[uint64]*[refBlockSize]emailEntry)
	}
	b := t.blocks[uint64(id)/refBlockSize]
	if b == nil {
		b = new([refBlockSize]emailEntry)
		t.blocks[uint64(id)/refBlockSize] = b
	}
	e := &b[id%refBlockSize]
	same := e.named == 0 || e.thread == m.ThreadID
	e.sizes = e.sizes || e.named > 0 && e.size != m.Size
	e.dates = e.dates || e.named > 0 && (e.sent != m.SentDate.Unix || e.zone != m.SentDate.Zone)
	e.undated = (e.undated || e.named == 0) && m.SentDate == m.InternalDate
	e.size, e.thread, e.sent, e.zone = m.Size, m.ThreadID, m.SentDate.Unix, m.SentDate.Zone
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
