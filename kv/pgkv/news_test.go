package pgkv

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/natsbus"
)

// flakyBus keeps what is published, unless it is away.
type flakyBus struct {
	mu       sync.Mutex
	away     bool
	tried    int
	messages []message
	said     chan struct{} // holds a token after each message
}

func (b *flakyBus) Publish(_ context.Context, _, text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried++
	if b.away {
		return errors.New("away")
	}
	m, ok := parseMessage(text)
	if !ok {
		return errors.New("no message: " + text)
	}
	b.messages = append(b.messages, m)
	select {
	case b.said <- struct{}{}:
	default:
	}
	return nil
}

func (b *flakyBus) Listen(ctx context.Context, _ string, _ func(string), missed, ready func()) {
	ready()
	missed()
	<-ctx.Done()
}

// TestNewsWaitForTheBus: what cannot be told is told once it can, in few attempts
// meanwhile and with numbers in a row, and a bus that is away does not keep a node
// from ending.
func TestNewsWaitForTheBus(t *testing.T) {
	bus := &flakyBus{away: true, said: make(chan struct{}, 1)}
	n := newNews(slog.New(slog.DiscardHandler), func(kv.Partition, kv.Version, bool) {})
	began := time.Now()
	if err := n.start(t.Context(), t.Context(), bus, "x"); err != nil {
		t.Fatal(err)
	}
	const partitions = 4 * messageChanges
	for v := kv.Version(1); v <= 3; v++ {
		for p := range kv.Partition(partitions) {
			n.committed(p, v)
		}
	}
	bus.mu.Lock()
	tried := bus.tried
	bus.away = false
	bus.mu.Unlock()
	if took := time.Since(began); tried > 2+int(took/publishAgain+took/heartbeat) {
		t.Errorf("%d attempts in %v", tried, took)
	}
	told := map[kv.Partition]kv.Version{}
	for len(told) < partitions {
		select {
		case <-bus.said:
		case <-time.After(time.Minute):
			t.Fatalf("only %d partitions were told", len(told))
		}
		bus.mu.Lock()
		for i, m := range bus.messages {
			if m.sequence != uint64(i+1) {
				t.Fatalf("message %d has number %d", i+1, m.sequence)
			}
			for _, c := range m.changes {
				told[c.partition] = max(told[c.partition], c.version)
			}
		}
		bus.mu.Unlock()
	}
	for p, v := range told {
		if v != 3 {
			t.Errorf("partition %d was told at version %d", p, v)
		}
	}
	bus.mu.Lock()
	bus.away = true
	bus.mu.Unlock()
	for p := range kv.Partition(partitions) {
		n.committed(p, 4)
	}
	n.close()
}

// TestFarewell: the last message says so, after all that was committed.
func TestFarewell(t *testing.T) {
	bus := &flakyBus{said: make(chan struct{}, 1)}
	n := newNews(slog.New(slog.DiscardHandler), func(kv.Partition, kv.Version, bool) {})
	if err := n.start(t.Context(), t.Context(), bus, "x"); err != nil {
		t.Fatal(err)
	}
	const partitions = 2*messageChanges + 1
	for p := range kv.Partition(partitions) {
		n.committed(p, 1)
	}
	n.close()
	told := map[kv.Partition]bool{}
	for i, m := range bus.messages {
		for _, c := range m.changes {
			told[c.partition] = true
		}
		if last := i == len(bus.messages)-1; m.farewell != last {
			t.Errorf("message %d of %d: farewell %v", i, len(bus.messages), m.farewell)
		}
	}
	if len(told) != partitions {
		t.Errorf("%d partitions were told", len(told))
	}
}

// TestNATS tells of commits over NATS, and that some may be missed when it was away.
func TestNATS(t *testing.T) {
	database := pgtest.Start(t, "fsync = off")
	url := database.Database(t)
	options := server.Options{Host: "127.0.0.1", Port: loopback.FreePort(t), NoSigs: true, NoLog: true}
	start := func() *server.Server {
		s, err := server.NewServer(&options)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("nats-server does not start")
		}
		return s
	}
	nats := start()
	open := func() *Store {
		s, err := Open(t.Context(), Options{URL: url, Readers: 4, Writers: 4, Patience: time.Minute,
			Bus: natsbus.New(natsbus.Options{URL: nats.ClientURL()})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one, two := open(), open()
	changes, err := two.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	await := func(want kv.Change) {
		t.Helper()
		late := time.After(time.Minute)
		for {
			select {
			case c := <-changes:
				if c == want {
					return
				}
				if !c.Lost {
					t.Fatalf("%+v, not %+v", c, want)
				}
			case <-late:
				t.Fatalf("%+v was not told", want)
			}
		}
	}
	mustCommit(t, one, 7, 0, "a")
	await(kv.Change{Partition: 7, Version: 1})
	nats.Shutdown()
	nats.WaitForShutdown()
	mustCommit(t, one, 7, 1, "b") // the store goes on without it
	nats = start()
	defer nats.Shutdown()
	await(kv.Change{Lost: true})
	deadline := time.Now().Add(time.Minute)
	for v := kv.Version(2); time.Now().Before(deadline); v++ { // until both are connected again
		mustCommit(t, one, 7, v, "c")
		select {
		case c := <-changes:
			if c.Version > v+1 {
				t.Fatalf("%+v, after version %d", c, v+1)
			}
			if !c.Lost {
				return
			}
		case <-time.After(100 * time.Millisecond): // between commits
		}
	}
	t.Fatal("nothing is told any more")
}

// TestBusAway: a store does not open without its bus.
func TestBusAway(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	_, err := Open(t.Context(), Options{URL: url, Patience: 300 * time.Millisecond, Bus: natsbus.New(natsbus.Options{URL: "nats://127.0.0.1:1"})})
	if !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestNewsLog: that others cannot be told is logged once, and so is its end.
func TestNewsLog(t *testing.T) {
	var log bytes.Buffer
	bus := &flakyBus{said: make(chan struct{}, 1)}
	n := newNews(slog.New(slog.NewTextHandler(&log, nil)), func(kv.Partition, kv.Version, bool) {})
	n.bus = bus
	for _, away := range []bool{false, true, true, true, false, false, true} {
		bus.away = away
		if n.send(message{node: n.self, sequence: 1}.String()) == away {
			t.Errorf("away: %v", away)
		}
	}
	if got, want := strings.Count(log.String(), "\n"), 3; got != want {
		t.Errorf("%d lines, want %d:\n%s", got, want, &log)
	}
}
