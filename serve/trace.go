package serve

import (
	"bytes"
	"fmt"
)

// Direction is which way bytes went.
type Direction byte

const (
	FromClient Direction = 'C'
	ToClient   Direction = 'S'
)

// Trust shows in traces what the client sends from now on. A front-end calls
// it where no password can follow: SetUser does it after a login, and a
// protocol without logins at once.
func (c *Conn) Trust() {
	c.trusted.Store(true)
}

// distrusting is what a client says before another login may follow at once (RFC
// 8437 §3), in the same packet.
var distrusting = []byte("UNAUTHENTICATE")

// trace shows data to Options.Trace. What a client sends before it is trusted
// may be, or be part of, a password in any framing, so only its length is told.
func (c *Conn) trace(d Direction, data []byte) {
	if d == FromClient {
		seen := append(c.tail, data...)
		if bytes.Contains(bytes.ToUpper(seen), distrusting) {
			c.trusted.Store(false)
		}
		c.tail = bytes.Clone(seen[max(0, len(seen)-len(distrusting)+1):])
	}
	if d == FromClient && !c.trusted.Load() {
		data = fmt.Appendf(nil, "<%d bytes>\n", len(data))
	}
	c.server.o.Trace(c.id, d, data)
}
