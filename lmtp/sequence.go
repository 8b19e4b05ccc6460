package lmtp

import (
	"bytes"
	"slices"
)

// outOfOrder are the beginnings of what the library answers to commands that come out of order.
var outOfOrder = [][]byte{
	[]byte("502 5.5.1 Please introduce yourself first"),
	[]byte("502 5.5.1 Missing "),
	[]byte("502 5.5.1 DATA not allowed "),
	[]byte("502 5.5.1 MAIL not allowed "),
	[]byte("502 5.5.1 RCPT not allowed "),
}

// Write sends a reply of the library, which gives each line to one Write. To a command out of order it
// says 502, "not implemented", where RFC 2033 §4.2 wants 503 of a DATA without recipients and RFC 5321
// §4.2.4 of all.
func (c *conn) Write(line []byte) (int, error) {
	if slices.ContainsFunc(outOfOrder, func(reply []byte) bool { return bytes.HasPrefix(line, reply) }) {
		line = slices.Clone(line)
		line[2] = '3'
	}
	return c.Conn.Write(line)
}
