package pgtest

import (
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a server and fails as networks do.
type Proxy struct {
	Port   int
	target atomic.Int64 // port
	down   atomic.Bool
	mute   atomic.Bool
	mu     struct {
		sync.Mutex
		open map[net.Conn]struct{}
	}
}

// NewProxy starts a proxy to a port of this machine; it ends with the test.
func NewProxy(t testing.TB, target int) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Port: l.Addr().(*net.TCPAddr).Port}
	p.target.Store(int64(target))
	p.mu.open = make(map[net.Conn]struct{})
	t.Cleanup(func() {
		l.Close()
		p.Cut()
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

// Target makes new connections go to another port.
func (p *Proxy) Target(port int) { p.target.Store(int64(port)) }

// Down makes new connections fail, or no longer.
func (p *Proxy) Down(down bool) { p.down.Store(down) }

// Mute keeps back what the server says, or no longer: the client sends and hears
// nothing.
func (p *Proxy) Mute(mute bool) { p.mute.Store(mute) }

// Cut breaks all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.mu.open {
		c.Close()
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer p.open(client)()
	if p.down.Load() {
		return
	}
	server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.FormatInt(p.target.Load(), 10)))
	if err != nil {
		return
	}
	defer p.open(server)()
	var both sync.WaitGroup
	both.Go(func() {
		io.Copy(server, client)
		server.Close()
	})
	both.Go(func() {
		p.answer(client, server)
		client.Close()
	})
	both.Wait()
}

// open has Cut break a connection until close, which closes it, is called.
func (p *Proxy) open(c net.Conn) (close func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.open[c] = struct{}{}
	return func() {
		c.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.mu.open, c)
	}
}

// answer copies what the server says, unless the proxy is mute: then it is lost,
// and so the connection can only be cut.
func (p *Proxy) answer(client, server net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if p.mute.Load() {
			continue
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
