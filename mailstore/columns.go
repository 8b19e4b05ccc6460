package mailstore

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// The header fields that columns hold, by their place in a block.
const (
	columnSubject = iota
	columnFrom
	columnTo
	columnCc
	columnBcc
	columnCount
)

// blockSize is how many contents a block has room for: as many as a pageMask.
const blockSize = PageSize

// columnFields names the columns' header fields.
var columnFields = [columnCount]string{"Subject", "From", "To", "Cc", "Bcc"}

// A columnBlock holds the folded header texts of contents with consecutive
// EmailIDs, field by field in one piece each, so that a substring is looked
// for in hundreds of messages at once. It is never changed; a block with more
// contents in it takes its place.
type columnBlock struct {
	number    uint64   // EmailID / blockSize
	have      pageMask // contents that are in it
	gone      pageMask // contents that were asked for and found to be expunged
	truncated pageMask // contents whose texts are incomplete: the header must be read
	fields    [columnCount]textColumn
	octets    [columnCount]pageMask // contents whose text cannot be decoded and is octets, not folded
}

// textColumn is one field of a block's contents, one after another. The text of
// content i ends at end[i], where that of i+1 begins. Without any text it is
// empty.
type textColumn struct {
	text []byte
	end  []uint32
}

// of is the text of content i.
func (c *textColumn) of(i int) []byte {
	if c.end == nil {
		return nil
	}
	start := uint32(0)
	if i > 0 {
		start = c.end[i-1]
	}
	return c.text[start:c.end[i]]
}

// find adds the contents to out whose text holds the folded needle, which is
// not empty.
func (c *textColumn) find(needle []byte, out *pageMask) {
	for at := 0; ; {
		i := bytes.Index(c.text[at:], needle)
		if i < 0 {
			return
		}
		at += i
		k, _ := slices.BinarySearch(c.end, uint32(at)+1)
		if at+len(needle) <= int(c.end[k]) { // not half in one text, half in the next
			out[k>>6] |= 1 << (k & 63)
		}
		at = int(c.end[k])
	}
}

// findOctets looks for octets in the contents in want alone, in place of what find
// has said of them.
func (c *textColumn) findOctets(needle []byte, want, out *pageMask) {
	for i := range want.each() {
		out[i>>6] &^= 1 << (i & 63)
		out[i>>6] |= bit(bytes.Contains(c.of(i), needle), i)
	}
}

// findEach is find for the contents in want alone.
func (c *textColumn) findEach(needle []byte, want, out *pageMask) {
	for i := range want.each() {
		if bytes.Contains(c.of(i), needle) {
			out[i>>6] |= 1 << (i & 63)
		}
	}
}

// size is about how many bytes of memory the block takes.
func (b *columnBlock) size() int64 {
	n := int64(512)
	for i := range b.fields {
		n += int64(cap(b.fields[i].text) + 4*cap(b.fields[i].end))
	}
	return n
}

// lacks is what of want the block can say nothing about.
func (b *columnBlock) lacks(want *pageMask) (missing pageMask, n int) {
	for i, w := range want {
		if b != nil {
			w &^= b.have[i] | b.gone[i]
		}
		missing[i] = w
		n += bits.OnesCount64(w)
	}
	return missing, n
}

// columnBuilder makes a block out of an older one and further summaries.
type columnBuilder struct {
	block columnBlock
	texts [columnCount][blockSize][]byte // folded, in arena
	arena []byte
}

// reset begins a block with what old holds, which may be nil.
func (b *columnBuilder) reset(number uint64, old *columnBlock) {
	b.block = columnBlock{number: number}
	b.arena = b.arena[:0]
	clear(b.texts[:])
	if old == nil {
		return
	}
	b.block = *old
	for f := range b.texts {
		for i := range blockSize {
			b.texts[f][i] = old.fields[f].of(i)
		}
	}
}

// foldField folds the text of a header field, or what is looked for in one. White
// space counts as one space: where mailers fold a line they write tabs, or spaces on
// both sides.
func foldField(dst, text []byte) []byte { return collateField(dst, text, search.UnicodeCasemap) }

// collateField is foldField for any comparator.
func collateField(dst, text []byte, by search.Comparator) []byte {
	start := len(dst)
	dst = by.Append(dst, text)
	if bytes.IndexByte(dst[start:], '\t') < 0 && !bytes.Contains(dst[start:], []byte("  ")) {
		return dst
	}
	end := start
	for _, c := range dst[start:] {
		if c == '\t' {
			c = ' '
		}
		if c != ' ' || end == start || dst[end-1] != ' ' {
			dst[end] = c
			end++
		}
	}
	return dst[:end]
}

// columnTexts gives the texts of the columns as a summary has them.
func columnTexts(s message.Summary) [columnCount][]byte {
	return [columnCount][]byte{s.Subject(), s.FromText(), s.ToText(), s.CcText(), s.BccText()}
}

// add puts in a content's summary.
func (b *columnBuilder) add(id restante.EmailID, s message.Summary) {
	i := int(id % blockSize)
	b.block.have[i>>6] |= 1 << (i & 63)
	if s.HeaderTruncated() {
		b.block.truncated[i>>6] |= 1 << (i & 63)
	}
	for f, text := range columnTexts(s) {
		if len(text) == 0 {
			b.texts[f][i] = nil
			continue
		}
		// Where the arena moves, texts added before keep the old memory.
		by := search.UnicodeCasemap
		if s.Undecodable(f) {
			by = search.Octet // RFC 5255 §4.6
			b.block.octets[f][i>>6] |= 1 << (i & 63)
		}
		start := len(b.arena)
		b.arena = collateField(b.arena, text, by)
		b.texts[f][i] = b.arena[start:len(b.arena):len(b.arena)]
	}
}

// miss notes that a content is no longer there.
func (b *columnBuilder) miss(id restante.EmailID) {
	i := int(id % blockSize)
	b.block.gone[i>>6] |= 1 << (i & 63)
}

// finish answers the block; the builder may be used again.
func (b *columnBuilder) finish() *columnBlock {
	block := b.block
	for f := range b.texts {
		block.fields[f] = joinTexts(&b.texts[f])
	}
	return &block
}

// joinTexts makes a column of a block's texts.
func joinTexts(texts *[blockSize][]byte) textColumn {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	if n == 0 {
		return textColumn{}
	}
	c := textColumn{text: make([]byte, 0, n), end: make([]uint32, blockSize)}
	for i, t := range texts {
		c.text = append(c.text, t...)
		c.end[i] = uint32(len(c.text))
	}
	return c
}
