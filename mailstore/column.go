package mailstore

import (
	"encoding/binary"
	"sync/atomic"
)

// integer is what a column of a page can hold.
type integer interface {
	~int16 | ~int64 | ~uint32 | ~uint64
}

// column is one attribute of a page's messages. Its encoded bytes were checked
// when the page was read; they are decoded at first use, at most a few times
// if several goroutines come at once.
//
// The encoding: a tag byte of the width of an entry in bytes (0 to 8) and the
// bit columnRising; the base as a zigzag varint; then for each entry its
// distance from the base, less its index if columnRising, little-endian.
// Equal values take no bytes at all, nor do consecutive numbers.
type column[T integer] struct {
	enc []byte
	dec atomic.Pointer[[]T]
}

const columnRising = 0x10

// get answers the n entries of the column; they must not be changed.
func (c *column[T]) get(n int) []T {
	if p := c.dec.Load(); p != nil {
		return *p
	}
	values := decodeColumn[T](c.enc, n)
	c.dec.Store(&values)
	return values
}

// put gives the column its decoded entries, which go with its bytes.
func (c *column[T]) put(values []T) { c.dec.Store(&values) }

// decoded answers the entries if they have been decoded.
func (c *column[T]) decoded() (values []T, ok bool) {
	if p := c.dec.Load(); p != nil {
		return *p, true
	}
	return nil, false
}

// constant answers the entry that all entries are, if the encoding shows it.
func (c *column[T]) constant() (value T, ok bool) {
	if len(c.enc) == 0 || c.enc[0] != 0 {
		return 0, false
	}
	v, _ := binary.Varint(c.enc[1:])
	return T(v), true
}

// checkColumn reports whether b is a column of n entries.
func checkColumn(b []byte, n int) bool {
	if len(b) < 2 {
		return false
	}
	width := int(b[0] &^ columnRising)
	_, m := binary.Varint(b[1:])
	return width <= 8 && m > 0 && len(b) == 1+m+width*n
}

// appendColumn encodes values.
func appendColumn[T integer](dst []byte, values []T) []byte {
	flatLow, flatHigh := int64(values[0]), int64(values[0])
	riseLow, riseHigh := flatLow, flatLow
	for i, v := range values {
		flatLow, flatHigh = min(flatLow, int64(v)), max(flatHigh, int64(v))
		r := int64(v) - int64(i)
		riseLow, riseHigh = min(riseLow, r), max(riseHigh, r)
	}
	low, width, slope := flatLow, bytesFor(uint64(flatHigh-flatLow)), int64(0)
	if w := bytesFor(uint64(riseHigh - riseLow)); w < width {
		low, width, slope = riseLow, w, 1
	}
	dst = append(dst, byte(width)|byte(slope)*columnRising)
	dst = binary.AppendVarint(dst, low)
	switch width {
	case 0:
	case 1:
		for i, v := range values {
			dst = append(dst, byte(int64(v)-slope*int64(i)-low))
		}
	default:
		var b [8]byte
		for i, v := range values {
			binary.LittleEndian.PutUint64(b[:], uint64(int64(v)-slope*int64(i)-low))
			dst = append(dst, b[:width]...)
		}
	}
	return dst
}

// decodeColumn decodes a column that checkColumn has accepted.
func decodeColumn[T integer](b []byte, n int) []T {
	width, slope := int(b[0]&^columnRising), int64(b[0]>>4)
	low, m := binary.Varint(b[1:])
	b = b[1+m:]
	values := make([]T, n)
	switch width {
	case 0:
		for i := range values {
			values[i] = T(low + slope*int64(i))
		}
	case 1:
		for i := range values {
			values[i] = T(low + slope*int64(i) + int64(b[i]))
		}
	case 2:
		for i := range values {
			values[i] = T(low + slope*int64(i) + int64(binary.LittleEndian.Uint16(b[2*i:])))
		}
	case 4:
		for i := range values {
			values[i] = T(low + slope*int64(i) + int64(binary.LittleEndian.Uint32(b[4*i:])))
		}
	default:
		for i := range values {
			var w [8]byte
			copy(w[:], b[i*width:(i+1)*width])
			values[i] = T(low + slope*int64(i) + int64(binary.LittleEndian.Uint64(w[:])))
		}
	}
	return values
}

// bytesFor is the number of bytes that hold v.
func bytesFor(v uint64) int {
	n := 0
	for ; v > 0; v >>= 8 {
		n++
	}
	return n
}
