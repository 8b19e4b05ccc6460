// Package serve is the ground under every front-end: listeners, TLS, limits,
// deadlines and drain, with the life cycle of net/http.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Mode is how a listener uses TLS.
type Mode uint8

const (
	None     Mode = iota // cleartext, and StartTLS is refused
	StartTLS             // cleartext until the front-end calls Conn.StartTLS
	Implicit             // TLS from the first byte (RFC 8314 §3)
)

// Refusal is why a connection is closed at once.
type Refusal uint8

const (
	TooMany        Refusal = iota // connections in all
	TooManyAddress                // connections of this address
	Draining                      // the server is going down
	refusals
)

// Options configure a Server. Zero fields have the default that is given with
// each.
type Options struct {
	Logger *slog.Logger // nil: discards
	// TLS answers the current configuration; it is asked at each handshake,
	// so it may change. nil: no listener may use TLS.
	TLS    func() *tls.Config
	Limits Limits
	// Metrics counts connections and octets; nil counts nothing.
	Metrics *Metrics
	// Trace, if not nil, is shown what goes over each connection, decrypted.
	// Before Conn.Trust or SetUser was called, of what a client sends only the
	// length is shown, so that no password is in a trace.
	Trace func(conn uint64, d Direction, data []byte)
}

// Limits bound what clients may take. Zero fields have the default that is
// given with each.
type Limits struct {
	Connections int           // in all. Default: 20,000
	PerAddress  int           // of one IPv4 address or IPv6 /64, loopback excepted. Default: 100
	Handshake   time.Duration // longest TLS handshake. Default: 30 s
	Write       time.Duration // longest wait for a client to take 256 KiB. Default: 2 min
}

func (l Limits) withDefaults() Limits {
	if l.Connections == 0 {
		l.Connections = 20_000
	}
	if l.PerAddress == 0 {
		l.PerAddress = 100
	}
	if l.Handshake == 0 {
		l.Handshake = 30 * time.Second
	}
	if l.Write == 0 {
		l.Write = 2 * time.Minute
	}
	return l
}

// Listener is an address and what to do with connections to it.
type Listener struct {
	Addr     string // host:port, or unix:PATH
	TLS      Mode
	Protocol string   // for logs: "imap", "imaps", "lmtp"
	ALPN     []string // protocol names (RFC 7301); a client that names none of them is refused, one that names nothing is not
	// SocketMode is the file mode of a Unix socket. Default: 0600.
	SocketMode os.FileMode
	// Proxies are behind which clients are: connections from them begin with a
	// header of the PROXY protocol, before TLS. What others send is never taken for
	// one.
	Proxies Proxies
	// Handle serves one connection; it is closed when Handle returns. ctx
	// ends when a Shutdown gives up waiting.
	Handle func(ctx context.Context, c *Conn)
	// Refuse answers the line, with its line end, that is sent to a client
	// that is refused on a cleartext connection; nil: none is.
	Refuse func(Refusal) string
}

// ErrClosed is what Listen answers after Shutdown.
var ErrClosed = errors.New("serve: server is shut down")

// Server accepts connections for any number of listeners.
type Server struct {
	o         Options
	ids       atomic.Uint64
	addresses *Gate[netip.Prefix]
	ctx       context.Context // ends when connections must
	cancel    context.CancelFunc
	draining  chan struct{}

	compressors compressors

	mu struct {
		sync.Mutex
		closed    bool
		listeners map[net.Listener]struct{}
		conns     map[*Conn]struct{}
	}
	running sync.WaitGroup // accept loops and connections
}

// New answers a server that listens nowhere yet.
func New(o Options) *Server {
	o.Limits = o.Limits.withDefaults()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, addresses: NewGate[netip.Prefix](o.Limits.PerAddress), draining: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mu.listeners = map[net.Listener]struct{}{}
	s.mu.conns = map[*Conn]struct{}{}
	return s
}

// Listen opens l and serves it until Shutdown. It answers the address, with
// the port that the system chose where l.Addr has port 0.
func (s *Server) Listen(l Listener) (net.Addr, error) {
	nl, err := listen(l)
	if err != nil {
		return nil, err
	}
	if err := s.Serve(nl, l); err != nil {
		return nil, err
	}
	return nl.Addr(), nil
}

// Serve serves l, whose Addr does not matter, to the clients of nl until Shutdown,
// which closes nl. It does not wait. Where it answers an error nl is closed.
func (s *Server) Serve(nl net.Listener, l Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.closed:
		nl.Close()
		return ErrClosed
	case l.TLS != None && s.o.TLS == nil:
		nl.Close()
		return fmt.Errorf("serve: %s needs a TLS configuration", nl.Addr())
	}
	s.mu.listeners[nl] = struct{}{}
	s.running.Add(1)
	go s.accept(nl, &endpoint{Listener: l, tls: alpnConfig{base: s.o.TLS, alpn: l.ALPN}, metrics: s.o.Metrics.of(l.Protocol)})
	s.o.Logger.Info("listening", "protocol", l.Protocol, "address", nl.Addr().String())
	return nil
}

// Shutdown stops listening, tells every connection to end (Conn.OnDrain), and
// waits until all have. When ctx ends first, the rest is cut off, and ctx's
// error is answered if there was any.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.mu.closed {
		s.mu.closed = true
		close(s.draining)
		for l := range s.mu.listeners {
			l.Close()
		}
	}
	conns := make([]*Conn, 0, len(s.mu.conns))
	for c := range s.mu.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.drain()
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.cancel()
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	cut := len(s.mu.conns)
	for c := range s.mu.conns {
		c.Close()
	}
	s.mu.Unlock()
	<-done
	if cut == 0 {
		return nil
	}
	return ctx.Err()
}

// Connections answers how many connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mu.conns)
}
