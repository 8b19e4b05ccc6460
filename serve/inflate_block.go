package serve

import "fmt"

// bitReader takes bits from octets, the least significant first (RFC 1951 §3.1.1).
// A copy of it is a place to go back to.
type bitReader struct {
	in   []byte
	at   int
	bits uint64
	n    uint // how many of bits
}

// left gives the octets that were not taken, but for those in bits.
func (r *bitReader) left() []byte { return r.in[r.at:] }

// reset goes on with other octets, which begin with what left gave.
func (r *bitReader) reset(in []byte) { r.in, r.at = in, 0 }

func (r *bitReader) refill() {
	for r.n <= 56 && r.at < len(r.in) {
		r.bits |= uint64(r.in[r.at]) << r.n
		r.at++
		r.n += 8
	}
}

// take takes n bits, at most 16.
func (r *bitReader) take(n uint) (uint32, error) {
	if r.n < n {
		if r.refill(); r.n < n {
			return 0, errMore
		}
	}
	v := uint32(r.bits & (1<<n - 1))
	r.bits >>= n
	r.n -= n
	return v, nil
}

// align drops what is left of an octet of which some bits were taken.
func (r *bitReader) align() {
	r.bits >>= r.n % 8
	r.n -= r.n % 8
}

// octets takes as many whole octets as there are, and gives how many.
func (r *bitReader) octets(p []byte) (n int) {
	for ; n < len(p) && r.n >= 8; n++ {
		p[n] = byte(r.bits)
		r.bits >>= 8
		r.n -= 8
	}
	if n < len(p) {
		k := copy(p[n:], r.in[r.at:])
		r.at += k
		n += k
	}
	return n
}

// symbol takes one symbol of a code.
func (r *bitReader) symbol(h *huffman) (int, error) {
	if r.n < longestCode {
		r.refill()
	}
	if e := h.fast[r.bits&(1<<fastBits-1)]; e != 0 {
		n := uint(e & 15)
		if n > r.n {
			return 0, errMore
		}
		r.bits >>= n
		r.n -= n
		return int(e >> 4), nil
	}
	code, first, index, bits := 0, 0, 0, r.bits
	for n := uint(1); n <= longestCode; n++ {
		if n > r.n {
			return 0, errMore
		}
		code |= int(bits & 1)
		bits >>= 1
		count := int(h.count[n])
		if code-count < first {
			r.bits, r.n = bits, r.n-n
			return int(h.symbols[index+code-first]), nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, fmt.Errorf("%w: no such code", ErrDeflate)
}

const (
	longestCode = 15
	fastBits    = 9
	endOfBlock  = 256
)

// huffman is a code (RFC 1951 §3.2.2): symbols in order of their codes, how many
// there are of each length, and a table for the codes of up to fastBits.
type huffman struct {
	fast    [1 << fastBits]uint16 // symbol<<4 | length; 0: a longer code, or none
	count   [longestCode + 1]uint16
	symbols [288]uint16
}

// build makes the code of the lengths given, and reports whether there is one. A
// code that leaves some unused may only have a single one, of one bit.
func (h *huffman) build(lengths []uint8) bool {
	h.count = [longestCode + 1]uint16{}
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var next, place [longestCode + 2]int
	left, used := 1, 0
	for n := 1; n <= longestCode; n++ {
		c := int(h.count[n])
		if left = left<<1 - c; left < 0 {
			return false
		}
		used += c
		place[n+1] = place[n] + c
		next[n+1] = (next[n] + c) << 1
	}
	if left > 0 && used > 1 || used == 1 && h.count[1] == 0 {
		return false
	}
	h.fast = [1 << fastBits]uint16{}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[place[n]] = uint16(symbol)
		place[n]++
		code := next[n]
		next[n]++
		if n > fastBits {
			continue
		}
		reversed := 0
		for i := range int(n) {
			reversed |= code >> i & 1 << (int(n) - 1 - i)
		}
		for i := reversed; i < 1<<fastBits; i += 1 << n {
			h.fast[i] = uint16(symbol)<<4 | uint16(n)
		}
	}
	return true
}

// The lengths and distances of matches (RFC 1951 §3.2.5).
var (
	lengthBase    = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	lengthOrder   = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// fixed makes the fixed codes (RFC 1951 §3.2.6). The last two distances stand for
// nothing, but make the code whole.
func (w *inflateWork) fixed() {
	var literals [288]uint8
	var distances [32]uint8
	for i := range literals {
		switch {
		case i < 144, i >= 280:
			literals[i] = 8
		case i < 256:
			literals[i] = 9
		default:
			literals[i] = 7
		}
	}
	for i := range distances {
		distances[i] = 5
	}
	w.literal.build(literals[:])
	w.distant.build(distances[:])
}

// head reads the head of a block (RFC 1951 §3.2.3).
func (f *inflater) head() error {
	v, err := f.in.take(3)
	if err != nil {
		return err
	}
	final := v&1 != 0
	switch v >> 1 {
	case 0:
		f.in.align()
		n, err := f.in.take(16)
		if err != nil {
			return err
		}
		complement, err := f.in.take(16)
		if err != nil {
			return err
		}
		if n != ^complement&0xffff {
			return fmt.Errorf("%w: lengths of a stored block differ", ErrDeflate)
		}
		f.final, f.at, f.stored = final, inStored, int(n)
		if n == 0 {
			f.endBlock(true)
		}
		return nil
	case 1:
		f.work.fixed()
		f.final, f.at, f.fixed = final, inCompressed, true
		return nil
	case 2:
		if err := f.codes(); err != nil {
			return err
		}
		f.final, f.at, f.fixed = final, inCompressed, false
		return nil
	}
	return fmt.Errorf("%w: no such block type", ErrDeflate)
}

// codes reads the codes of a block (RFC 1951 §3.2.7).
func (f *inflater) codes() error {
	v, err := f.in.take(14)
	if err != nil {
		return err
	}
	literals, distances, n := int(v&31)+257, int(v>>5&31)+1, int(v>>10)+4
	if literals > 286 || distances > 30 {
		return fmt.Errorf("%w: too many codes", ErrDeflate)
	}
	var order [19]uint8
	for i := range n {
		v, err := f.in.take(3)
		if err != nil {
			return err
		}
		order[lengthOrder[i]] = uint8(v)
	}
	w := f.work
	if !w.literal.build(order[:]) {
		return fmt.Errorf("%w: no code of code lengths", ErrDeflate)
	}
	var lengths [286 + 30]uint8
	if err := f.codeLengths(&w.literal, lengths[:literals+distances]); err != nil {
		return err
	}
	if lengths[endOfBlock] == 0 || !w.literal.build(lengths[:literals]) || !w.distant.build(lengths[literals:literals+distances]) {
		return fmt.Errorf("%w: no code", ErrDeflate)
	}
	return nil
}

// codeLengths reads the lengths of a block's codes, which are coded themselves.
func (f *inflater) codeLengths(code *huffman, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		symbol, err := f.in.symbol(code)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		repeated, base, bits := uint8(0), 3, uint(3)
		switch symbol {
		case 16:
			if bits = 2; i == 0 {
				return fmt.Errorf("%w: no length to repeat", ErrDeflate)
			}
			repeated = lengths[i-1]
		case 18:
			base, bits = 11, 7
		}
		more, err := f.in.take(bits)
		if err != nil {
			return err
		}
		n := base + int(more)
		if i+n > len(lengths) {
			return fmt.Errorf("%w: too many code lengths", ErrDeflate)
		}
		for range n {
			lengths[i] = repeated
			i++
		}
	}
	return nil
}
