package serve

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// tellClient says whose connection it takes this one for, then echoes.
func tellClient(ctx context.Context, c *Conn) {
	fmt.Fprintf(c, "%v %v %v secure=%v\n", c.Remote(), c.RemoteAddr(), c.LocalAddr(), c.Secure())
	echo(ctx, c)
}

// fromLoopback takes connections from this machine for a balancer's.
func fromLoopback() Proxies {
	return Proxies{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

// header2 makes a header of version 2.
func header2(t *testing.T, source, destination string, tlvs ...proxyproto.TLV) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(2, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(source)), net.TCPAddrFromAddrPort(netip.MustParseAddrPort(destination)))
	if err := h.SetTLVs(tlvs); err != nil {
		t.Fatal(err)
	}
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProxyTellsClient(t *testing.T) {
	_, addr := start(t, Options{}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback()})
	ssl, err := tlvparse.PP2SSL{Client: tlvparse.PP2_BITFIELD_CLIENT_SSL, TLV: []proxyproto.TLV{{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte("TLSv1.3")}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	unique := proxyproto.TLV{Type: proxyproto.PP2_TYPE_UNIQUE_ID, Value: bytes.Repeat([]byte("x"), 100)}
	for header, want := range map[string]string{
		"PROXY TCP4 192.0.2.7 198.51.100.1 4711 143\r\n":                      "192.0.2.7 192.0.2.7:4711 198.51.100.1:143 secure=false",
		"PROXY TCP6 2001:db8::7 2001:db8::1 4711 993\r\n":                     "2001:db8::7 [2001:db8::7]:4711 [2001:db8::1]:993 secure=false",
		"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n":                              "127.0.0.1 127.0.0.1:1 127.0.0.1:2 secure=false",
		header2(t, "192.0.2.8:99", "198.51.100.1:143"):                        "192.0.2.8 192.0.2.8:99 198.51.100.1:143 secure=false",
		header2(t, "[2001:db8::9]:99", "[2001:db8::1]:143", unique):           "2001:db8::9 [2001:db8::9]:99 [2001:db8::1]:143 secure=false",
		header2(t, "192.0.2.8:99", "198.51.100.1:143", unique, ssl):           "192.0.2.8 192.0.2.8:99 198.51.100.1:143 secure=true",
		header2(t, "[::ffff:192.0.2.1]:99", "[::ffff:198.51.100.1]:143", ssl): "192.0.2.1 192.0.2.1:99 198.51.100.1:143 secure=true",
	} {
		c := dial(t, addr)
		// What comes behind the header in the same packet is the client's.
		io.WriteString(c, header+"hello\n")
		r := bufio.NewReader(c)
		if got, err := r.ReadString('\n'); strings.TrimSpace(got) != want {
			t.Errorf("%q: %q, %v, want %q", header, got, err, want)
		}
		if got, _ := r.ReadString('\n'); !strings.Contains(got, "hello") {
			t.Errorf("%q: echo %q", header, got)
		}
	}
}

// TestProxyOwnConnections: what a balancer opens for itself keeps its address.
func TestProxyOwnConnections(t *testing.T) {
	_, addr := start(t, Options{}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback()})
	local := proxyproto.Header{Version: 2, Command: proxyproto.LOCAL}
	b, err := local.Format()
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"PROXY UNKNOWN\r\n", "PROXY UNKNOWN 1.2.3.4 5.6.7.8 9 10\r\n", string(b)} {
		c := dial(t, addr)
		io.WriteString(c, header)
		if got, err := bufio.NewReader(c).ReadString('\n'); !strings.HasPrefix(got, "127.0.0.1 "+c.LocalAddr().String()) {
			t.Errorf("%q: %q, %v", header, got, err)
		}
	}
}

func TestProxyWithTLS(t *testing.T) {
	pair, pool := certificate(t)
	_, addr := start(t, Options{TLS: fixed(pair)}, Listener{Protocol: "test", TLS: Implicit, Handle: tellClient, Proxies: fromLoopback()})
	c := dial(t, addr)
	io.WriteString(c, "PROXY TCP4 192.0.2.7 198.51.100.1 4711 993\r\n")
	secured := tls.Client(c, &tls.Config{ServerName: "localhost", RootCAs: pool})
	if got, err := bufio.NewReader(secured).ReadString('\n'); !strings.HasPrefix(got, "192.0.2.7 ") || !strings.Contains(got, "secure=true") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestProxyHeaderFromElsewhere: nobody but a named proxy can say who he is.
func TestProxyHeaderFromElsewhere(t *testing.T) {
	others := Proxies{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	_, addr := start(t, Options{}, Listener{Protocol: "test", Handle: tellClient, Proxies: others})
	c := dial(t, addr)
	io.WriteString(c, "PROXY TCP4 192.0.2.7 198.51.100.1 4711 143\r\n")
	r := bufio.NewReader(c)
	if got, _ := r.ReadString('\n'); !strings.HasPrefix(got, "127.0.0.1 ") {
		t.Errorf("%q", got)
	}
	if got, _ := r.ReadString('\n'); !strings.Contains(got, "PROXY TCP4") {
		t.Errorf("the header is not what the client sent: %q", got)
	}
}

// lines is a handler that keeps what is logged at Info and above.
type lines struct {
	slog.Handler
	mu   sync.Mutex
	text bytes.Buffer
}

func newLines() *lines {
	l := &lines{}
	l.Handler = slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelInfo})
	return l
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestProxyWithoutHeader: connections of a proxy without a right header are closed,
// and nothing is served to them.
func TestProxyWithoutHeader(t *testing.T) {
	logs := newLines()
	_, addr := start(t, Options{Logger: slog.New(logs)}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback()})
	for _, text := range []string{
		"a LOGIN bob secret, and more than a header\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n",
		"PROXY TCP4 " + strings.Repeat("1", 200) + "\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 99999 143\r\n",
		string(proxyproto.SIGV2) + "\x21\x11\xff\xff" + strings.Repeat("x", 100),
		string(proxyproto.SIGV2) + "\x21\x12\x00\x0c" + strings.Repeat("x", 12), // UDP
		string(proxyproto.SIGV2) + "\x21\x11\x00\x04" + strings.Repeat("x", 4),
	} {
		c := dial(t, addr)
		io.WriteString(c, text)
		if got, _ := io.ReadAll(c); len(got) > 0 {
			t.Errorf("%q is answered: %q", text, got)
		}
	}
	if n := strings.Count(logs.String(), "level=WARN"); n != 7 {
		t.Errorf("%d warnings: %s", n, logs)
	}
}

// TestProxyHealthChecks: what a balancer does every few seconds to see whether the
// server is there is not logged.
func TestProxyHealthChecks(t *testing.T) {
	logs := newLines()
	m := NewMetrics(prometheus.NewRegistry())
	s, addr := start(t, Options{Logger: slog.New(logs), Metrics: m}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback()})
	before := logs.String() // that it listens
	for _, header := range []string{"", "PROXY UNKNOWN\r\n"} {
		for range 3 {
			c := dial(t, addr)
			io.WriteString(c, header)
			if header != "" {
				bufio.NewReader(c).ReadString('\n')
			}
			c.Close()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimPrefix(logs.String(), before); got != "" {
		t.Errorf("logged: %s", got)
	}
	if got := testutil.ToFloat64(m.open.WithLabelValues("test")); got != 0 {
		t.Errorf("%v connections are counted as open", got)
	}
}

// TestProxyClientsAreLimited counts by the client's address, not by the proxy's.
func TestProxyClientsAreLimited(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	_, addr := start(t, Options{Limits: Limits{PerAddress: 2}, Metrics: m}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback(),
		Refuse: func(r Refusal) string { return "refused: " + r.String() + "\n" }})
	first := func(client string) string {
		c := dial(t, addr)
		fmt.Fprintf(c, "PROXY TCP4 %s 198.51.100.1 4711 143\r\n", client)
		line, _ := bufio.NewReader(c).ReadString('\n')
		return line
	}
	for i, client := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"} {
		got := first(client)
		if refused := strings.HasPrefix(got, "refused: too many connections of this address"); refused != (i == 2) {
			t.Errorf("connection %d of %s: %q", i, client, got)
		}
	}
	if got := testutil.ToFloat64(m.refused.WithLabelValues("test", TooManyAddress.String())); got != 1 {
		t.Errorf("%v refusals are counted", got)
	}
}

// TestProxyDrains: a proxy's connection that says nothing does not hold up the end.
func TestProxyDrains(t *testing.T) {
	s, addr := start(t, Options{}, Listener{Protocol: "test", Handle: tellClient, Proxies: fromLoopback()})
	c := dial(t, addr)
	io.WriteString(c, "PROXY TC")
	for s.Connections() == 0 {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func FuzzProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.7 198.51.100.1 4711 143\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\nrest"))
	f.Add([]byte(string(proxyproto.SIGV2) + "\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0crest"))
	f.Add([]byte(string(proxyproto.SIGV2) + "\x20\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		h, err := readHeader(r)
		if err != nil {
			return
		}
		if h.TransportProtocol != proxyproto.UNSPEC && !h.Command.IsLocal() && (h.SourceAddr == nil || h.DestinationAddr == nil) {
			t.Errorf("%+v has no addresses", h)
		}
		// Nothing behind the header was read.
		used := data[:len(data)-r.Len()]
		if again, err := readHeader(bytes.NewReader(used)); err != nil || again.Version != h.Version {
			t.Errorf("%q alone: %v", used, err)
		}
	})
}
