package natsbus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/loopback"
)

// natsServer is a real NATS server in this process, at the same address each time
// that it is started.
type natsServer struct {
	options server.Options
	*server.Server
}

func startNATS(t testing.TB, o server.Options) *natsServer {
	t.Helper()
	o.Host, o.Port, o.NoSigs, o.NoLog = "127.0.0.1", loopback.FreePort(t), true, true
	s := &natsServer{options: o}
	s.start(t)
	t.Cleanup(s.Shutdown)
	return s
}

func (s *natsServer) start(t testing.TB) {
	t.Helper()
	o := s.options
	var err error
	if s.Server, err = server.NewServer(&o); err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("nats-server does not start")
	}
}

// listener notes what a bus hears.
type listener struct {
	heard  chan string
	missed chan struct{}
	ready  chan struct{}
}

func listen(t *testing.T, b *Bus, subject string) (l *listener, stop func()) {
	t.Helper()
	l = &listener{heard: make(chan string, 1000), missed: make(chan struct{}, 1000), ready: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		b.Listen(ctx, subject, func(m string) { l.heard <- m }, func() { l.missed <- struct{}{} }, sync.OnceFunc(func() { close(l.ready) }))
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return l, stop
}

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatalf("%s: nothing comes", what)
	}
	return v
}

// TestTells tells two nodes of what one says, and nobody under another subject.
func TestTells(t *testing.T) {
	s := startNATS(t, server.Options{})
	one, two := New(Options{URL: s.ClientURL()}), New(Options{URL: s.ClientURL()})
	if err := one.Publish(t.Context(), "a", "x"); !errors.Is(err, ErrAway) || !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("before there is a connection: %v", err)
	}
	hearsOne, stop := listen(t, one, "a")
	hearsTwo, _ := listen(t, two, "a")
	hearsOther, _ := listen(t, New(Options{URL: s.ClientURL()}), "b")
	for _, l := range []*listener{hearsOne, hearsTwo, hearsOther} {
		await(t, "ready", l.ready)
		await(t, "what came before is unknown", l.missed)
	}
	for i := range 100 {
		if err := one.Publish(t.Context(), "a", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if a, b := await(t, "own", hearsOne.heard), await(t, "other's", hearsTwo.heard); a != fmt.Sprint(i) || b != a {
			t.Fatalf("message %d is %q and %q", i, a, b)
		}
	}
	if len(hearsOther.heard) != 0 {
		t.Error("another subject was heard")
	}
	stop()
	if err := one.Publish(t.Context(), "a", "x"); !errors.Is(err, ErrAway) {
		t.Errorf("after the end: %v", err)
	}
}

// TestServerGoes: a bus connects again, and says that messages may be lost.
func TestServerGoes(t *testing.T) {
	s := startNATS(t, server.Options{})
	b := New(Options{URL: s.ClientURL()})
	l, _ := listen(t, b, "a")
	await(t, "at first", l.missed)
	for range 2 {
		s.Shutdown()
		s.WaitForShutdown()
		if err := b.Publish(t.Context(), "a", "into the void"); err == nil {
			t.Error("what nobody took is told as sent")
		}
		s.start(t)
		await(t, "after the server has come back", l.missed)
		if err := b.Publish(t.Context(), "a", "again"); err != nil {
			t.Error(err)
		}
		if got := await(t, "again", l.heard); got != "again" {
			t.Errorf("%q", got)
		}
	}
}

// TestLogsIn with a password from a file that changes, and is refused with a wrong one.
func TestLogsIn(t *testing.T) {
	s := startNATS(t, server.Options{Username: "restante", Password: "right"})
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asked := make(chan struct{}, 1000)
	password := func() (string, error) {
		asked <- struct{}{}
		data, err := os.ReadFile(file)
		return string(data), err
	}
	write("wrong")
	l, _ := listen(t, New(Options{URL: s.ClientURL(), User: "restante", Password: password}), "a")
	for range 2 {
		await(t, "asked for the password", asked)
	}
	select {
	case <-l.ready:
		t.Error("let in with a wrong password")
	default:
	}
	write("right")
	await(t, "with the right one", l.ready)
}
