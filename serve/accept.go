package serve

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"time"
)

// endpoint is a Listener that is being served.
type endpoint struct {
	Listener
	tls     alpnConfig
	metrics *protocolMetrics // nil: nothing is counted
}

// Back-off after an error of accept, such as too many open files.
const (
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// keepAlive finds dead clients that hold a connection in IDLE.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Minute, Interval: time.Minute, Count: 5}

func (s *Server) accept(l net.Listener, e *endpoint) {
	defer s.running.Done()
	backoff := time.Duration(0)
	for {
		raw, err := l.Accept()
		if err == nil {
			backoff = 0
			s.admit(raw, e)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if backoff == 0 {
			s.o.Logger.Error("connections cannot be accepted", "protocol", e.Protocol, "error", err)
		}
		backoff = min(max(2*backoff, minBackoff), maxBackoff)
		wait := time.NewTimer(backoff)
		select {
		case <-wait.C:
		case <-s.draining:
			wait.Stop()
		}
	}
}

// admit starts a connection or refuses it.
func (s *Server) admit(raw net.Conn, e *endpoint) {
	if tcp, ok := raw.(*net.TCPConn); ok {
		// Errors mean that the client is gone, which the first read tells.
		tcp.SetKeepAliveConfig(keepAlive)
	}
	c := newConn(s, raw, e)
	behindProxy := e.Proxies.has(c.remote)
	if !behindProxy && !s.enterAddress(c) {
		s.refuse(c, TooManyAddress)
		return
	}
	if refusal, ok := s.register(c); !ok {
		s.leaveAddress(c)
		s.refuse(c, refusal)
		return
	}
	e.metrics.opened()
	go func() {
		defer s.running.Done()
		defer e.metrics.closed()
		defer func() {
			c.Close()
			s.mu.Lock()
			delete(s.mu.conns, c)
			s.mu.Unlock()
			s.leaveAddress(c)
		}()
		s.serve(c, behindProxy)
	}()
}

// learnClient hears from the proxy whose connection it is, and reports whether it is
// to be served.
func (s *Server) learnClient(c *Conn) bool {
	if err := c.greetProxy(); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			c.Logger().Debug("proxy has closed a connection without a word")
		} else {
			c.Logger().Warn("connection of a proxy cannot be used", "error", err)
		}
		return false
	}
	if c.proxied != nil && !s.enterAddress(c) {
		s.refuse(c, TooManyAddress)
		return false
	}
	return true
}

// enterAddress counts a connection of its client's address, or answers false if there
// may be no more. This machine may have any number, and so may clients of a Unix
// socket.
func (s *Server) enterAddress(c *Conn) bool {
	if !c.remote.IsValid() || c.remote.IsLoopback() && c.proxied == nil {
		return true
	}
	prefix := networkOf(c.remote)
	c.counted = s.addresses.Enter(prefix)
	return c.counted
}

// leaveAddress undoes enterAddress.
func (s *Server) leaveAddress(c *Conn) {
	if c.counted {
		s.addresses.Leave(networkOf(c.remote))
	}
}

// register counts a connection among those that are served, or says why it cannot be.
func (s *Server) register(c *Conn) (Refusal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return Draining, false
	}
	if len(s.mu.conns) >= s.o.Limits.Connections {
		return TooMany, false
	}
	s.mu.conns[c] = struct{}{}
	s.running.Add(1)
	return 0, true
}

// serve serves one connection. A panic in it is logged and ends that connection
// alone.
func (s *Server) serve(c *Conn, behindProxy bool) {
	defer func() {
		if p := recover(); p != nil {
			c.Logger().Error("panic in a connection", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	if behindProxy && !s.learnClient(c) {
		return
	}
	if c.endpoint.TLS == Implicit {
		if err := c.handshake(s.ctx); err != nil {
			c.endpoint.metrics.handshakeFailed()
			c.Logger().Debug("TLS handshake failed", "error", err)
			return
		}
	}
	c.endpoint.Handle(s.ctx, c)
	c.finish()
}

// refuse says why, where that can be said in one write that cannot block, and
// closes.
func (s *Server) refuse(c *Conn, why Refusal) {
	defer c.Close()
	c.endpoint.metrics.refusal(why)
	c.Logger().Info("connection refused", "reason", why.String())
	if c.endpoint.TLS != Implicit && c.endpoint.Refuse != nil {
		c.raw.SetWriteDeadline(time.Now().Add(time.Second))
		c.raw.Write([]byte(c.endpoint.Refuse(why))) // the client may be gone; it is closed anyway
	}
}

// String says the reason in words for logs.
func (r Refusal) String() string {
	switch r {
	case TooMany:
		return "too many connections"
	case TooManyAddress:
		return "too many connections of this address"
	default:
		return "shutting down"
	}
}

// networkOf is the part of an address that one client is taken to own: all of
// an IPv4 address, the /64 of an IPv6 one.
func networkOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
