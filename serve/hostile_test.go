package serve

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestPanic has a front-end fail: its connection is closed, the log says why, and
// others are served.
func TestPanic(t *testing.T) {
	var log lockedBuilder
	s, addr := start(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, Listener{Protocol: "test", Handle: func(_ context.Context, c *Conn) {
		var b [1]byte
		if c.Read(b[:]); b[0] == 'p' {
			panic("oh")
		}
		c.Write(b[:])
	}})
	for _, send := range []string{"p", "x"} {
		c := dial(t, addr)
		io.WriteString(c, send)
		got, _ := io.ReadAll(c)
		if want := strings.Trim(send, "p"); string(got) != want {
			t.Errorf("%q: got %q", send, got)
		}
	}
	for s.Connections() > 0 {
		runtime.Gosched()
	}
	if !strings.Contains(log.String(), "panic in a connection") {
		t.Error(log.String())
	}
}

// lockedBuilder is a log that several goroutines write.
type lockedBuilder struct {
	sync.Mutex
	b strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.Lock()
	defer l.Unlock()
	return l.b.String()
}

// TestHandshakeStall connects to a port with TLS from the start and says nothing,
// or only the beginning of something: it is cut off, and costs one connection
// until then.
func TestHandshakeStall(t *testing.T) {
	certificate, err := SelfSigned([]string{"localhost"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, addr := start(t, Options{
		Limits: Limits{Handshake: 100 * time.Millisecond},
		TLS:    func() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{certificate}} },
	}, Listener{TLS: Implicit, Protocol: "test", Handle: func(context.Context, *Conn) { t.Error("served without a handshake") }})
	for _, send := range []string{"", "\x16\x03\x01\x02\x00", "a LOGIN alice secret\r\n", "GET / HTTP/1.0\r\n\r\n", strings.Repeat("\x00", 1<<20)} {
		c := dial(t, addr)
		go io.WriteString(c, send)
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%.20q: not cut off", send)
		}
	}
	for s.Connections() > 0 {
		runtime.Gosched()
	}
}
