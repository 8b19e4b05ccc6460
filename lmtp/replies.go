package lmtp

import (
	"bytes"
	"fmt"
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

// Write sends a reply of the library, which gives each line to one Write, and puts right what it says
// otherwise than it should. To a command out of order that is 502, "not implemented", where RFC 2033
// §4.2 wants 503 of a DATA without recipients and RFC 5321 §4.2.4 of all. And it knows no limit of a
// message's size to tell (RFC 1870 §3), because a BDAT that is above it would be answered once and
// not for each recipient (see session.take).
func (c *conn) Write(line []byte) (int, error) {
	reply := line
	if slices.ContainsFunc(outOfOrder, func(reply []byte) bool { return bytes.HasPrefix(line, reply) }) {
		reply = slices.Clone(line)
		reply[2] = '3'
	} else if keyword, ok := bytes.CutSuffix(line, []byte("SIZE\r\n")); ok && len(keyword) == len("250-") {
		reply = fmt.Appendf(keyword[:4:4], "SIZE %d\r\n", c.most)
	}
	if _, err := c.Conn.Write(reply); err != nil {
		return 0, err
	}
	return len(line), nil
}
