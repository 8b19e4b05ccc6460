package lmtp

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/restante/restante/serve"
)

// conn is a connection on its way through the SMTP library: it ends a drained
// connection between two transactions and tells when the library has closed it.
type conn struct {
	*serve.Conn
	ctx  context.Context
	idle time.Duration // how long a client may be silent
	most int64         // octets of a message
	done chan struct{} // closed by Close

	mu struct {
		sync.Mutex
		closed   bool
		busy     bool      // a transaction is under way
		ended    bool      // see conn.ended
		deadline time.Time // what the library wants
	}
}

func newConn(ctx context.Context, c *serve.Conn, o *Options) *conn {
	n := &conn{Conn: c, ctx: ctx, idle: o.IdlePeriod, most: o.Limits.MessageSize, done: make(chan struct{})}
	c.OnDrain(n.rearm)
	return n
}

// Read reads what the client sends. Within a transaction it may be silent before each read, where the
// library sets one deadline for all of a message.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	busy := c.mu.busy
	c.mu.Unlock()
	if busy {
		if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(b)
	if n == 0 && err == io.EOF {
		c.mu.Lock()
		c.mu.ended = true
		c.mu.Unlock()
	}
	return n, err
}

// ended reports whether the client has sent its last octet, and more was waited for.
func (c *conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.ended
}

// SetReadDeadline keeps the library's deadline, or ends the wait now if the
// server is going down and no transaction is under way: the library then says
// 421 and closes.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.mu.deadline = t
	c.mu.Unlock()
	return c.arm()
}

func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// setBusy tells whether a transaction is under way.
func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	c.mu.busy = busy
	c.mu.Unlock()
	c.rearm()
}

func (c *conn) rearm() { _ = c.arm() }

func (c *conn) arm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.mu.deadline
	if !c.mu.busy && c.drained() {
		t = time.Unix(1, 0)
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) drained() bool {
	select {
	case <-c.Draining():
		return true
	default:
		return false
	}
}

// Close closes the connection; calling it again does nothing.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return nil
	}
	c.mu.closed = true
	c.OnDrain(nil)
	close(c.done)
	return c.Conn.Close()
}

// handover is the listener from which the SMTP library accepts the connections
// that Server.Handle is given.
type handover struct {
	conns chan net.Conn
	once  sync.Once
	end   chan struct{}
}

func newHandover() *handover {
	return &handover{conns: make(chan net.Conn), end: make(chan struct{})}
}

// give hands a connection over; false if the library has stopped.
func (h *handover) give(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.end:
		return false
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.end:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.end) })
	return nil
}

func (h *handover) Addr() net.Addr { return &net.UnixAddr{Name: "lmtp", Net: "unix"} }
