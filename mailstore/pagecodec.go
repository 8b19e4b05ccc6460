package mailstore

import (
	"encoding/binary"
	"fmt"

	"github.com/restante/restante"
)

// A page's row:
//
//	one byte, pageFormat
//	uvarints: count, first UID, last UID - first UID, highest modseq,
//	          unseen + 1, deleted + 1 (0: not counted),
//	          the lengths of the twelve columns
//	the columns in the order of Page's fields (see column)
const (
	pageFormat  = 2
	pageColumns = 12
)

// row is the value of the page's row.
func (p *Page) row() []byte { return p.raw }

// parsePage reads a page's row, whose bytes it keeps. It checks the header and
// the columns' lengths, so that decoding a column later cannot fail.
func parsePage(key restante.UID, raw []byte) (*Page, error) {
	p := &Page{key: key, raw: raw}
	bad := func(what string) (*Page, error) {
		return nil, fmt.Errorf("mailstore: page %d: %s: %w", key, what, restante.ErrCorrupt)
	}
	if len(raw) == 0 || raw[0] != pageFormat {
		return bad("unknown format")
	}
	b := raw[1:]
	var head [6 + pageColumns]uint64
	for i := range head {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return bad("short header")
		}
		head[i], b = v, b[n:]
	}
	if head[0] == 0 || head[0] > PageSize || head[1] == 0 || head[1]>>32 != 0 || head[2]>>32 != 0 ||
		(head[1]+head[2])>>32 != 0 || head[2]+1 < head[0] || head[4] > head[0]+1 || head[5] > head[0]+1 {
		return bad("impossible counts")
	}
	p.n = int(head[0])
	p.first, p.last = restante.UID(head[1]), restante.UID(head[1]+head[2])
	p.maxModSeq = restante.ModSeq(head[3])
	p.unseen, p.deleted = int(head[4])-1, int(head[5])-1
	for i, enc := range p.encoded() {
		n := head[6+i]
		if n > uint64(len(b)) || !checkColumn(b[:n], p.n) {
			return bad("damaged column")
		}
		*enc, b = b[:n:n], b[n:]
	}
	if len(b) != 0 {
		return bad("trailing bytes")
	}
	return p, nil
}

// encoded are the encoded columns in the order in which the row has them.
func (p *Page) encoded() [pageColumns]*[]byte {
	return [pageColumns]*[]byte{
		&p.uids.enc, &p.flagSets.enc, &p.modSeqs.enc, &p.emailIDs.enc, &p.threadIDs.enc,
		&p.internalDates.enc, &p.internalZones.enc, &p.saveDates.enc, &p.saveZones.enc, &p.sizes.enc,
		&p.delays.enc, &p.sentZones.enc,
	}
}

// seal writes the row from the page's attributes and its columns' bytes, and
// makes the columns point into it.
func (p *Page) seal() {
	cols := p.encoded()
	size := 1 + (6+pageColumns)*3 + 20
	for _, enc := range cols {
		size += len(*enc)
	}
	raw := append(make([]byte, 0, size), pageFormat)
	raw = binary.AppendUvarint(raw, uint64(p.n))
	raw = binary.AppendUvarint(raw, uint64(p.first))
	raw = binary.AppendUvarint(raw, uint64(p.last-p.first))
	raw = binary.AppendUvarint(raw, uint64(p.maxModSeq))
	raw = binary.AppendUvarint(raw, uint64(p.unseen+1))
	raw = binary.AppendUvarint(raw, uint64(p.deleted+1))
	for _, enc := range cols {
		raw = binary.AppendUvarint(raw, uint64(len(*enc)))
	}
	for _, enc := range cols {
		start := len(raw)
		raw = append(raw, *enc...)
		*enc = raw[start:len(raw):len(raw)]
	}
	p.raw = raw
}
