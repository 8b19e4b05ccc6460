package serve

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// certificate makes a key pair for localhost and the pool that trusts it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	pair, err := SelfSigned([]string{"localhost", "127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	return pair, pool
}

func fixed(pair tls.Certificate) func() *tls.Config {
	c := TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
	return func() *tls.Config { return c }
}

// start serves one listener until the test ends.
func start(t testing.TB, o Options, l Listener) (*Server, net.Addr) {
	t.Helper()
	s := New(o)
	if l.Addr == "" {
		l.Addr = "127.0.0.1:0"
	}
	addr, err := s.Listen(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	return s, addr
}

func dial(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	return c
}

// echo answers each line, and knows STARTTLS.
func echo(ctx context.Context, c *Conn) {
	c.OnDrain(func() { c.SetReadDeadline(time.Unix(1, 0)) })
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				io.WriteString(c, "bye\n")
			}
			return
		}
		io.WriteString(c, line)
		if line == "STARTTLS\n" {
			if err := c.StartTLS(ctx, r.Buffered()); err != nil {
				return
			}
		}
	}
}

func expect(t testing.TB, c io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("read %q, %v, want %q", b, err, want)
	}
}

func expectEnd(t testing.TB, c io.Reader) {
	t.Helper()
	if b, err := io.ReadAll(c); err != nil || len(b) > 0 {
		t.Fatalf("read %q, %v, want the end", b, err)
	}
}

func TestDrain(t *testing.T) {
	s, addr := start(t, Options{}, Listener{Handle: echo})
	c := dial(t, addr)
	io.WriteString(c, "hello\n")
	expect(t, c, "hello\n")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "bye\n")
	expectEnd(t, c)
	if _, err := s.Listen(Listener{Addr: "127.0.0.1:0", Handle: echo}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if n := s.Connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestShutdownCutsOffWhoDoesNotEnd(t *testing.T) {
	entered := make(chan struct{})
	s, addr := start(t, Options{}, Listener{Handle: func(ctx context.Context, c *Conn) {
		close(entered)
		io.Copy(io.Discard, c)
		<-ctx.Done()
	}})
	c := dial(t, addr)
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	io.ReadAll(c) // ends, by a reset or not
}

// TestShutdownOfNobody: what nobody uses was not cut off, however late it is told to end.
func TestShutdownOfNobody(t *testing.T) {
	for range 20 {
		s, _ := start(t, Options{}, Listener{Handle: func(context.Context, *Conn) {}})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDrainBeforeTheCallbackIsSet(t *testing.T) {
	entered, release, called := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s, addr := start(t, Options{}, Listener{Handle: func(_ context.Context, c *Conn) {
		close(entered)
		<-release
		c.OnDrain(func() { close(called) })
		<-called
	}})
	dial(t, addr)
	<-entered
	done := make(chan error)
	go func() { done <- s.Shutdown(t.Context()) }()
	<-s.draining
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	refuse := func(r Refusal) string { return "no: " + r.String() + "\n" }
	s, addr := start(t, Options{Limits: Limits{Connections: 2}}, Listener{Handle: echo, Refuse: refuse})
	a, b := dial(t, addr), dial(t, addr)
	for _, c := range []net.Conn{a, b} {
		io.WriteString(c, "x\n")
		expect(t, c, "x\n")
	}
	c := dial(t, addr)
	expect(t, c, "no: too many connections\n")
	expectEnd(t, c)
	a.Close()
	io.WriteString(b, "x\n")
	expect(t, b, "x\n")
	for s.Connections() > 1 { // the server has yet to see that a is closed
		io.WriteString(b, "x\n")
		expect(t, b, "x\n")
	}
	d := dial(t, addr)
	io.WriteString(d, "y\n")
	expect(t, d, "y\n")
}

func TestGate(t *testing.T) {
	g := NewGate[string](2)
	for i, want := range []bool{true, true, false} {
		if g.Enter("a") != want {
			t.Errorf("a, number %d: not %v", i+1, want)
		}
	}
	if !g.Enter("b") {
		t.Error("another key is not let in")
	}
	g.Leave("a")
	if !g.Enter("a") || g.mu.inside["a"] != 2 {
		t.Error("a place was not given back")
	}
	for _, k := range []string{"a", "a", "b"} {
		g.Leave(k)
	}
	if len(g.mu.inside) != 0 {
		t.Error("empty keys are kept")
	}
	free := NewGate[int](0)
	for range 100 {
		if !free.Enter(1) {
			t.Fatal("0 is no bound")
		}
	}
}

func TestStartTLS(t *testing.T) {
	pair, pool := certificate(t)
	_, addr := start(t, Options{TLS: fixed(pair)}, Listener{TLS: StartTLS, ALPN: []string{"imap"}, Handle: echo})
	for _, alpn := range [][]string{nil, {"imap"}, {"h2", "imap"}} {
		c := dial(t, addr)
		io.WriteString(c, "STARTTLS\n")
		expect(t, c, "STARTTLS\n")
		sc := tls.Client(c, &tls.Config{RootCAs: pool, ServerName: "localhost", NextProtos: alpn})
		io.WriteString(sc, "secret\n")
		expect(t, sc, "secret\n")
		io.WriteString(sc, "STARTTLS\n") // a second time is refused
		expect(t, sc, "STARTTLS\n")
		expectEnd(t, sc)
	}
	c := dial(t, addr)
	io.WriteString(c, "STARTTLS\n")
	expect(t, c, "STARTTLS\n")
	bad := tls.Client(c, &tls.Config{RootCAs: pool, ServerName: "localhost", NextProtos: []string{"http/1.1"}})
	if err := bad.Handshake(); err == nil {
		t.Error("a client of another protocol is served")
	}
	c = dial(t, addr)
	io.WriteString(c, "STARTTLS\nLOGIN mallory\n")
	expect(t, c, "STARTTLS\n")
	b, _ := io.ReadAll(c)
	if len(b) > 0 {
		t.Errorf("what was pipelined behind STARTTLS was answered: %q", b)
	}
}

func TestImplicitTLS(t *testing.T) {
	pair, pool := certificate(t)
	seen := make(chan *Conn, 1)
	_, addr := start(t, Options{TLS: fixed(pair)}, Listener{TLS: Implicit, ALPN: []string{"imap"}, Handle: func(ctx context.Context, c *Conn) {
		seen <- c
		echo(ctx, c)
	}})
	c := tls.Client(dial(t, addr), &tls.Config{RootCAs: pool, ServerName: "localhost", NextProtos: []string{"imap"}})
	io.WriteString(c, "x\n")
	expect(t, c, "x\n")
	if got := c.ConnectionState().NegotiatedProtocol; got != "imap" {
		t.Errorf("ALPN %q", got)
	}
	a := (<-seen).Auth()
	if !a.Secure || a.TLS == nil || a.Certificate == nil || !a.Certificate.Equal(pair.Leaf) || !a.Remote.IsLoopback() {
		t.Errorf("%+v", a)
	}
	old := tls.Client(dial(t, addr), &tls.Config{RootCAs: pool, ServerName: "localhost", MaxVersion: tls.VersionTLS11})
	if err := old.Handshake(); err == nil {
		t.Error("TLS 1.1 is served")
	}
}

// TestReadIsWoken: a passed deadline ends a Read and loses nothing.
func TestReadIsWoken(t *testing.T) {
	pair, pool := certificate(t)
	for _, mode := range []Mode{None, Implicit} {
		conns := make(chan *Conn, 1)
		woken := make(chan error)
		got := make(chan string)
		_, addr := start(t, Options{TLS: fixed(pair)}, Listener{TLS: mode, Handle: func(_ context.Context, c *Conn) {
			conns <- c
			b := make([]byte, 10)
			_, err := c.Read(b)
			woken <- err
			c.SetReadDeadline(time.Time{})
			n, _ := c.Read(b)
			got <- string(b[:n])
		}})
		var client = dial(t, addr)
		if mode == Implicit {
			tc := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: "localhost"})
			if err := tc.Handshake(); err != nil {
				t.Fatal(err)
			}
			client = tc
		}
		c := <-conns
		c.SetReadDeadline(time.Unix(1, 0))
		if err := <-woken; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v: %v", mode, err)
		}
		io.WriteString(client, "later")
		if s := <-got; s != "later" {
			t.Errorf("%v: %q", mode, s)
		}
	}
}

func TestSlowClientIsCutOff(t *testing.T) {
	ended := make(chan error, 1)
	_, addr := start(t, Options{Limits: Limits{Write: 20 * time.Millisecond}}, Listener{Handle: func(_ context.Context, c *Conn) {
		_, err := c.Write(make([]byte, 64<<20))
		ended <- err
	}})
	dial(t, addr) // and never reads
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestTraceHidesPasswords(t *testing.T) {
	var mu sync.Mutex
	var trace bytes.Buffer
	show := func(_ uint64, d Direction, b []byte) {
		mu.Lock()
		defer mu.Unlock()
		trace.WriteByte(byte(d))
		trace.Write(b)
	}
	_, addr := start(t, Options{Trace: show}, Listener{Handle: func(_ context.Context, c *Conn) {
		r := bufio.NewReader(c)
		r.ReadString('\n')
		c.SetUser("bob")
		io.WriteString(c, "OK\n")
		r.ReadString('\n')
		io.WriteString(c, "BYE\n")
	}})
	c := dial(t, addr)
	io.WriteString(c, "a LOGIN bob hunter2\n")
	expect(t, c, "OK\n")
	io.WriteString(c, "b SELECT INBOX\n")
	expect(t, c, "BYE\n")
	mu.Lock()
	defer mu.Unlock()
	if got := trace.String(); got != "C<20 bytes>\nSOK\nCb SELECT INBOX\nSBYE\n" {
		t.Errorf("%q", got)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, addr := start(t, Options{}, Listener{Addr: "unix:" + path, SocketMode: 0o620, Handle: echo})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o620 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c := dial(t, addr)
	io.WriteString(c, "x\n")
	expect(t, c, "x\n")
	if _, err := ListenUnix(path, 0o600); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a socket in use was taken: %v", err)
	}
	file := path + ".file"
	os.WriteFile(file, nil, 0o600)
	if _, err := ListenUnix(file, 0o600); err == nil {
		t.Error("a file was replaced")
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path + ".stale", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	l, err := ListenUnix(path+".stale", 0o600)
	if err != nil {
		t.Fatalf("a dead process's socket: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(path + ".stale"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if _, err := ListenUnix(filepath.Join(path, "no", "dir"), 0o600); err == nil {
		t.Error("no directory, no error")
	}
}

func TestCertificatesReload(t *testing.T) {
	dir := t.TempDir()
	pair := KeyPair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	write := func() *x509.Certificate {
		made, _ := certificate(t)
		key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(pair.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]}), 0o600)
		os.WriteFile(pair.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600)
		return made.Leaf
	}
	now := time.Now()
	var log bytes.Buffer
	first := write()
	c, err := LoadCertificates([]KeyPair{pair}, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	shown := func() *x509.Certificate {
		got, err := c.GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf
	}
	step := 0
	change := func() { // file systems have coarse clocks
		step++
		os.Chtimes(pair.Certificate, now, now.Add(time.Duration(step)*time.Minute))
	}
	second := write()
	change()
	if !shown().Equal(first) {
		t.Error("files are looked at on every handshake")
	}
	now = now.Add(time.Minute)
	if !shown().Equal(second) {
		t.Error("changed files are not read")
	}
	os.WriteFile(pair.Key, []byte("garbage"), 0o600)
	change()
	now = now.Add(time.Minute)
	if !shown().Equal(second) || !strings.Contains(log.String(), "old ones stay") {
		t.Errorf("a bad key: %s", log.String())
	}
	if err := c.Reload(); err == nil {
		t.Error("Reload takes a bad key")
	}
	third := write()
	now = now.Add(time.Minute)
	if !shown().Equal(third) {
		t.Error("repaired files are not read")
	}
	if _, err := LoadCertificates([]KeyPair{{"/no/such", "/file"}}, nil, nil); err == nil {
		t.Error("missing files")
	}
	if _, err := LoadCertificates(nil, nil, nil); err == nil {
		t.Error("no files")
	}
}

// TestLastWordsArrive ends a connection whose client goes on sending.
func TestLastWordsArrive(t *testing.T) {
	pair, pool := certificate(t)
	for name, mode := range map[string]Mode{"cleartext": None, "TLS": Implicit} {
		t.Run(name, func(t *testing.T) {
			_, addr := start(t, Options{TLS: fixed(pair)}, Listener{TLS: mode, Handle: func(_ context.Context, c *Conn) {
				io.ReadFull(c, make([]byte, 1))
				io.WriteString(c, "bye\n")
			}})
			c := dial(t, addr)
			if mode == Implicit {
				c = tls.Client(c, &tls.Config{RootCAs: pool, ServerName: "localhost"})
			}
			if _, err := c.Write(make([]byte, 100<<10)); err != nil {
				t.Fatal(err)
			}
			expect(t, c, "bye\n")
			expectEnd(t, c)
		})
	}
}
