package serve

import (
	"io"
	"time"
)

// A connection that the server ends is read on for this long, and no more bytes
// than this.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
)

// finish ends a connection so that what was written last arrives. Closing it
// while input is unread would make TCP reset it, and the client's side drop what
// it has not read yet: the very words that say why it ends. So the server ends
// its own direction first (in TLS with close_notify, RFC 8446 §6.1) and reads
// on, for a bounded moment, until the client ends the other.
func (c *Conn) finish() {
	if c.tls != nil && c.tls.CloseWrite() != nil {
		return
	}
	half, ok := c.raw.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.raw.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.raw, lingerBytes) // however it ends, so does the connection
}
