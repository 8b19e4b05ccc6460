package mailstore

import (
	"encoding/binary"
	"slices"

	"github.com/restante/restante"
)

// seenBlockSize is how many UIDs a block holds.
const seenBlockSize = 256

// seenRun says of neighbouring UIDs of a block whether they are seen, and the modseq
// at which that was set.
type seenRun struct {
	first, last uint8 // counted from the block's first UID
	seen        bool
	modSeq      restante.ModSeq
}

// seenBlock is a block: runs in rising order. It is immutable.
type seenBlock []seenRun

// at gives what is known of a UID's place in the block.
func (b seenBlock) at(i uint8) (seen bool, modSeq restante.ModSeq) {
	j, found := slices.BinarySearchFunc(b, i, func(r seenRun, i uint8) int {
		switch {
		case r.last < i:
			return -1
		case r.first > i:
			return 1
		}
		return 0
	})
	if !found {
		return false, 0
	}
	return b[j].seen, b[j].modSeq
}

// appendTo encodes the block: of each run the distance to the one before, its length
// less one with the bit whether it is seen, and the modseq.
func (b seenBlock) appendTo(dst []byte) []byte {
	next := 0
	for _, r := range b {
		bits := uint64(r.last-r.first) << 1
		if r.seen {
			bits |= 1
		}
		dst = binary.AppendUvarint(dst, uint64(int(r.first)-next))
		dst = binary.AppendUvarint(dst, bits)
		dst = binary.AppendUvarint(dst, uint64(r.modSeq))
		next = int(r.last) + 1
	}
	return dst
}

// parseSeenBlock reads a block.
func parseSeenBlock(row []byte) (seenBlock, bool) {
	f := fields{b: row}
	var b seenBlock
	next := uint64(0)
	for len(f.b) > 0 {
		gap, bits, modSeq := f.next(), f.next(), f.next()
		if f.bad || gap > seenBlockSize || bits>>1 >= seenBlockSize || next+gap+bits>>1 >= seenBlockSize {
			return nil, false
		}
		first := next + gap
		next = first + bits>>1 + 1
		b = append(b, seenRun{first: uint8(first), last: uint8(next - 1), seen: bits&1 != 0, modSeq: restante.ModSeq(modSeq)})
	}
	return b, len(b) > 0
}
