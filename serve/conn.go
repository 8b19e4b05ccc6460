package serve

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restante/restante/auth"
)

// Conn is one client's connection. Reading is for one goroutine and writing
// for one; the other methods may be called from any.
//
// A goroutine that waits in Read is woken by SetReadDeadline with a time that
// is past: Read answers os.ErrDeadlineExceeded and nothing is lost, with or
// without TLS.
type Conn struct {
	server   *Server
	endpoint *endpoint
	raw      *transport
	tls      *tls.Conn    // nil in cleartext; set by the reading goroutine
	layer    *compression // nil where nothing is compressed; set by the reading goroutine
	id       uint64
	remote   netip.Addr
	proxied  *proxied    // nil where no proxy told of the client
	trusted  atomic.Bool // for traces
	counted  bool        // by its address
	tail     []byte      // of what was read, for traces

	mu struct {
		sync.Mutex
		user    string
		onDrain func()
	}
}

// transport is the network's own connection: what lies under TLS. It bounds
// how long a client may leave bytes unread.
type transport struct {
	net.Conn
	limit       time.Duration
	metrics     *protocolMetrics
	certificate atomic.Pointer[x509.Certificate] // the one shown in the handshake
}

// writeChunk is how much a client must take within Limits.Write.
const writeChunk = 256 << 10

func (t *transport) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.metrics.read(n)
	return n, err
}

func (t *transport) Write(b []byte) (n int, err error) {
	for first := true; first || len(b) > 0; first = false {
		if err := t.Conn.SetWriteDeadline(time.Now().Add(t.limit)); err != nil {
			return n, err
		}
		m, err := t.Conn.Write(b[:min(len(b), writeChunk)])
		n += m
		t.metrics.wrote(m)
		if err != nil {
			return n, err
		}
		b = b[m:]
	}
	return n, nil
}

func newConn(s *Server, raw net.Conn, e *endpoint) *Conn {
	c := &Conn{server: s, endpoint: e, id: s.ids.Add(1), raw: &transport{Conn: raw, limit: s.o.Limits.Write, metrics: e.metrics}}
	if tcp, ok := raw.RemoteAddr().(*net.TCPAddr); ok {
		c.remote = tcp.AddrPort().Addr().Unmap()
	}
	return c
}

// ID tells this connection from the others of this process.
func (c *Conn) ID() uint64 { return c.id }

// Protocol is the Listener's.
func (c *Conn) Protocol() string { return c.endpoint.Protocol }

// Remote is the client's address, without its port; the zero Addr for a Unix
// socket.
func (c *Conn) Remote() netip.Addr { return c.remote }

// RemoteAddr is the client's address and port, as its proxy told it, if there is one.
func (c *Conn) RemoteAddr() net.Addr {
	if c.proxied != nil {
		return c.proxied.remote
	}
	return c.raw.RemoteAddr()
}

// LocalAddr is the address and port that the client connected to.
func (c *Conn) LocalAddr() net.Addr {
	if c.proxied != nil {
		return c.proxied.local
	}
	return c.raw.LocalAddr()
}

// Read reads what the client has sent, decrypted and decompressed.
func (c *Conn) Read(b []byte) (n int, err error) {
	if c.layer != nil {
		n, err = c.readLayer(b)
	} else {
		n, err = c.read(b)
	}
	if c.server.o.Trace != nil && n > 0 {
		c.trace(FromClient, b[:n])
	}
	return n, err
}

// read reads below the compression.
func (c *Conn) read(b []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Read(b)
	}
	return c.raw.Read(b)
}

// Write sends to the client, compressed and encrypted where that is agreed. A
// client that takes too little within Limits.Write is cut off with an error.
func (c *Conn) Write(b []byte) (n int, err error) {
	if c.server.o.Trace != nil {
		c.trace(ToClient, b)
	}
	if c.Compressed() {
		return c.layer.write(b)
	}
	return c.write(b)
}

// write sends below the compression.
func (c *Conn) write(b []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Write(b)
	}
	return c.raw.Write(b)
}

// Close closes the connection. Calling it again does nothing.
func (c *Conn) Close() error { return c.raw.Close() }

// SetReadDeadline is net.Conn's.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.raw.SetReadDeadline(t) }

// SetWriteDeadline does nothing: each write has Limits.Write.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the read deadline.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// Secure reports whether a password may be sent: over TLS, a Unix socket, or
// from this machine to itself. Behind a proxy, TLS between it and the client counts,
// if it tells of that (version 2 of the PROXY protocol).
func (c *Conn) Secure() bool {
	if c.proxied != nil {
		return c.tls != nil || c.proxied.tls
	}
	return c.tls != nil || c.remote.IsLoopback() || !c.remote.IsValid()
}

// Auth describes the connection to package auth.
func (c *Conn) Auth() auth.Conn {
	return auth.Conn{Remote: c.remote, Secure: c.Secure(), TLS: c.TLSState(), Certificate: c.raw.certificate.Load(), Ending: c.Draining()}
}

// SetUser tells who has logged in, for logs and traces.
func (c *Conn) SetUser(name string) {
	c.mu.Lock()
	c.mu.user = name
	c.mu.Unlock()
	c.Trust()
}

// ForgetUser says that nobody is logged in any more.
func (c *Conn) ForgetUser() {
	c.mu.Lock()
	c.mu.user = ""
	c.mu.Unlock()
	c.trusted.Store(false)
}

// Logger answers a logger whose lines name the connection, the client and the
// user. It is made at each call, so that idle connections do not keep one.
func (c *Conn) Logger() *slog.Logger {
	c.mu.Lock()
	user := c.mu.user
	c.mu.Unlock()
	l := c.server.o.Logger.With("protocol", c.endpoint.Protocol, "conn", c.id, "remote", c.remote)
	if user != "" {
		l = l.With("user", user)
	}
	return l
}

// Draining is closed when the server is going down: no further commands are
// to be taken.
func (c *Conn) Draining() <-chan struct{} { return c.server.draining }

// OnDrain has f called, once, when the server is going down, and at once if it
// already is. f must not block; it may wake a Read by SetReadDeadline. nil
// takes it back.
func (c *Conn) OnDrain(f func()) {
	c.mu.Lock()
	c.mu.onDrain = f
	c.mu.Unlock()
	select {
	case <-c.server.draining:
		c.drain()
	default:
	}
}

func (c *Conn) drain() {
	c.mu.Lock()
	f := c.mu.onDrain
	c.mu.onDrain = nil
	c.mu.Unlock()
	if f != nil {
		f()
	}
}
