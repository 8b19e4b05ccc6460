package mailstore

import (
	"hash/maphash"
	"slices"
	"unicode/utf8"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// sortKind says what a sortColumn holds.
type sortKind uint8

const (
	sortIDs     sortKind = iota // numbers: hash of the Message-ID; marked: there is one; refs
	sortSubject                 // texts: the base subject; marked: a reply or forward
	sortFrom                    // texts
	sortTo
	sortCc
	sortDisplayFrom
	sortDisplayTo

	// The texts stand here as the default comparator has them, and then once more
	// for each of the others.
	textKinds = sortDisplayTo - sortSubject + 1
	sortKinds = sortSubject + textKinds*search.Comparators
)

// by is the column of the same texts for a comparator.
func (k sortKind) by(c search.Comparator) sortKind { return k + textKinds*sortKind(c) }

// of is what a column's texts are, as the kind of the default comparator, and the
// comparator.
func (k sortKind) of() (sortKind, search.Comparator) {
	if k < sortSubject {
		return k, search.UnicodeCasemap
	}
	k -= sortSubject
	return sortSubject + k%textKinds, search.Comparator(k / textKinds)
}

// A sortColumn holds one thing of the contents with consecutive EmailIDs that
// sorting or threading compares. It is never changed; a column with more
// contents in it takes its place.
type sortColumn struct {
	kind    sortKind
	number  uint64   // EmailID / blockSize
	have    pageMask // contents that are in it
	gone    pageMask // contents that were asked for and found to be expunged
	marked  pageMask
	numbers []uint64   // blockSize of them, or none
	text    textColumn // folded
	refs    []uint64   // hashes of the references of one content after another
	refEnd  []uint32   // where those of content i end
}

// size is about how many bytes of memory the column takes.
func (c *sortColumn) size() int64 {
	return int64(256 + 8*cap(c.numbers) + cap(c.text.text) + 4*cap(c.text.end) + 8*cap(c.refs) + 4*cap(c.refEnd))
}

// lacks is what of want the column can say nothing about.
func (c *sortColumn) lacks(want *pageMask) (missing pageMask, n int) {
	if c == nil {
		return *want, want.count()
	}
	for i, w := range want {
		missing[i] = w &^ (c.have[i] | c.gone[i])
	}
	return missing, missing.count()
}

// references are the hashes of content i's references, the last of them its
// parent's.
func (c *sortColumn) references(i int) []uint64 {
	if c.refEnd == nil {
		return nil
	}
	start := uint32(0)
	if i > 0 {
		start = c.refEnd[i-1]
	}
	return c.refs[start:c.refEnd[i]]
}

// sortBuilder makes a column out of an older one and further summaries.
type sortBuilder struct {
	seed    maphash.Seed // of the hashes of Message-IDs
	column  sortColumn
	numbers [blockSize]uint64
	texts   [blockSize][]byte
	refs    [blockSize][]uint64
	arena   []byte
	ids     []uint64
}

// reset begins a column with what old holds, which may be nil.
func (b *sortBuilder) reset(kind sortKind, number uint64, old *sortColumn) {
	b.column = sortColumn{kind: kind, number: number}
	b.arena, b.ids = b.arena[:0], b.ids[:0]
	clear(b.numbers[:])
	clear(b.texts[:])
	clear(b.refs[:])
	if old == nil {
		return
	}
	b.column.have, b.column.gone, b.column.marked = old.have, old.gone, old.marked
	copy(b.numbers[:], old.numbers)
	for i := range blockSize {
		b.texts[i] = old.text.of(i)
		b.refs[i] = old.references(i)
	}
}

func (b *sortBuilder) has(id restante.EmailID) bool { return b.column.have.has(int(id % blockSize)) }

// miss notes that a content is no longer there.
func (b *sortBuilder) miss(id restante.EmailID) {
	i := int(id % blockSize)
	b.column.gone[i>>6] |= 1 << (i & 63)
}

// add puts in a content's summary.
func (b *sortBuilder) add(id restante.EmailID, s message.Summary) {
	i := int(id % blockSize)
	b.column.have[i>>6] |= 1 << (i & 63)
	marked := false
	kind, by := b.column.kind.of()
	switch kind {
	case sortIDs:
		if id := s.MessageID(); len(id) > 0 {
			marked = true
			b.numbers[i] = maphash.Bytes(b.seed, id)
		}
		b.addReferences(i, s)
	case sortSubject:
		marked = s.IsReplyOrForward()
		b.addDecoded(i, s.BaseSubject(), by, s.UndecodableSubject)
	case sortFrom:
		b.addMailbox(i, s.FromMailbox(), by)
	case sortTo:
		b.addMailbox(i, s.ToMailbox(), by)
	case sortCc:
		b.addMailbox(i, s.CcMailbox(), by)
	case sortDisplayFrom:
		b.addDecoded(i, s.FromDisplay(), by, s.UndecodableFromDisplay)
	case sortDisplayTo:
		b.addDecoded(i, s.ToDisplay(), by, s.UndecodableToDisplay)
	}
	b.column.marked[i>>6] |= bit(marked, i)
}

// addText puts a text in the form of a comparator. Where the arena moves, texts
// added before keep the old memory.
func (b *sortBuilder) addText(i int, text []byte, by search.Comparator) {
	if len(text) == 0 {
		b.texts[i] = nil
		return
	}
	start := len(b.arena)
	b.arena = by.Append(b.arena, text)
	b.texts[i] = b.arena[start:len(b.arena):len(b.arena)]
}

// undecoded stands before the octets of a text that cannot be decoded. No text in
// UTF-8 has it, and all of them compare as less.
const undecoded = 0xff

// addDecoded puts in a text, or the octets that octets appends if it could not be
// decoded (RFC 5255 §4.6).
func (b *sortBuilder) addDecoded(i int, text []byte, by search.Comparator, octets func([]byte) ([]byte, bool)) {
	start := len(b.arena)
	arena, failed := octets(append(b.arena, undecoded))
	if !failed || len(arena) == start+1 {
		b.addText(i, text, by)
		return
	}
	b.arena = arena
	b.texts[i] = b.arena[start:len(b.arena):len(b.arena)]
}

// addMailbox puts in the addr-mailbox of an address, which is in no charset but
// UTF-8 (RFC 6532 §3.1).
func (b *sortBuilder) addMailbox(i int, mailbox []byte, by search.Comparator) {
	b.addDecoded(i, mailbox, by, func(dst []byte) ([]byte, bool) {
		if utf8.Valid(mailbox) {
			return dst, false
		}
		return append(dst, mailbox...), true
	})
}

// maxReferences bounds the references of one message that it is threaded by.
const maxReferences = 32

// addReferences takes the ids in References, or if there are none the first of
// In-Reply-To (RFC 5256 §3). Of too many the first, which is the thread's root,
// and the last count.
func (b *sortBuilder) addReferences(i int, s message.Summary) {
	start := len(b.ids)
	for id := range s.References() {
		b.ids = append(b.ids, maphash.Bytes(b.seed, id))
	}
	if len(b.ids) == start {
		for id := range s.InReplyTo() {
			b.ids = append(b.ids, maphash.Bytes(b.seed, id))
			break
		}
	}
	if over := len(b.ids) - start - maxReferences; over > 0 {
		b.ids = slices.Delete(b.ids, start+1, start+1+over)
	}
	b.refs[i] = b.ids[start:len(b.ids):len(b.ids)]
}

// finish answers the column; the builder may be used again.
func (b *sortBuilder) finish() *sortColumn {
	c := b.column
	switch c.kind {
	case sortIDs:
		c.numbers = append(make([]uint64, 0, blockSize), b.numbers[:]...)
	default:
		c.text = joinTexts(&b.texts)
	}
	n := 0
	for _, refs := range b.refs {
		n += len(refs)
	}
	if n > 0 {
		c.refs, c.refEnd = make([]uint64, 0, n), make([]uint32, blockSize)
		for i, refs := range b.refs {
			c.refs = append(c.refs, refs...)
			c.refEnd[i] = uint32(len(c.refs))
		}
	}
	return &c
}
