package message

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// boundary is a multipart's delimiter (RFC 2046 §5.1.1). A line is one if it
// starts with "--" and the boundary: exact equality is not asked for there.
// Its first octets are compared as one number, so that a hundred nested
// multiparts do not make each hyphenated line expensive.
type boundary struct {
	text      string // without white space at its end, which relays cut off the lines
	space     string // that white space, which may stand before the "--" of the last line
	key, mask uint64
	depth     int // of the multipart in Parser.open
}

func newBoundary(param string, depth int) boundary {
	text := strings.TrimRight(param, " \t")
	var b [8]byte
	n := copy(b[:], text)
	mask := ^uint64(0)
	if n < 8 {
		mask = 1<<(8*n) - 1
	}
	return boundary{text: text, space: param[len(text):], key: binary.LittleEndian.Uint64(b[:]), mask: mask, depth: depth}
}

// findBoundary gives the index in p.bounds of the delimiter that line is, -1
// for none, and whether it closes the multipart. Where several fit the longest
// counts, and of equal ones the innermost.
func (p *Parser) findBoundary(line []byte) (index int, closing bool) {
	index = -1
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || len(p.bounds) == 0 || p.full() {
		return index, false
	}
	line = line[2:]
	var start [8]byte
	copy(start[:], line)
	key := binary.LittleEndian.Uint64(start[:])
	length := 0
	for i := len(p.bounds) - 1; i >= 0; i-- {
		b := &p.bounds[i]
		if key&b.mask != b.key || len(b.text) <= length || len(b.text) > len(line) {
			continue
		}
		if string(line[:len(b.text)]) == b.text {
			index, length = i, len(b.text)
		}
	}
	if index >= 0 {
		rest := line[length:]
		closing = bytes.HasPrefix(rest, []byte("--")) || bytes.HasPrefix(rest, []byte(p.bounds[index].space+"--"))
	}
	return index, closing
}
