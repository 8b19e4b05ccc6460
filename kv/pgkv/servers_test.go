package pgkv

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/pgtest"
)

// deafBus is a bus that never notices that it missed anything.
type deafBus struct{}

func (deafBus) Publish(context.Context, string, string) error { return nil }

func (deafBus) Listen(ctx context.Context, _ string, _ func(string), _, ready func()) {
	ready()
	<-ctx.Done()
}

// TestAnotherServer has a standby take over, and a server start anew, which a bus that is
// not the database's does not notice: watchers are told that anything may have changed,
// once each time.
func TestAnotherServer(t *testing.T) {
	primary, standby, url := pair(t)
	s, err := Open(t.Context(), Options{URL: url, Readers: 2, Writers: 2, Bus: deafBus{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	changes, err := s.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustCommit(t, s, 1, 0, "before")
	versionOf(t, s, 1)
	told := func() (lost int) {
		for range 3 {
			versionOf(t, s, 1)
		}
		// What it commits to itself it does not hear of: so all there is to hear is about the server.
		for {
			select {
			case c := <-changes:
				if c.Lost {
					lost++
				}
			default:
				return lost
			}
		}
	}
	if n := told(); n != 0 {
		t.Errorf("told %d times at first", n)
	}
	primary.Kill()
	standby.Promote(t)
	versionOf(t, s, 1)
	if c := <-changes; !c.Lost {
		t.Errorf("%+v", c)
	}
	if n := told(); n != 0 {
		t.Errorf("told %d times more", n)
	}
	standby.Stop()
	standby.Run(t)
	versionOf(t, s, 1)
	if c := <-changes; !c.Lost {
		t.Errorf("%+v", c)
	}
}

// TestServers bounds what is remembered.
func TestServers(t *testing.T) {
	var s servers
	for i, c := range []struct {
		started string
		another bool
	}{{"a", false}, {"a", false}, {"b", true}, {"a", false}, {"b", false}} {
		if s.add(c.started) != c.another {
			t.Errorf("%d: %s", i, c.started)
		}
	}
	for i := range 2 * maxServers {
		s.add(string(rune(0x1000 + i)))
	}
	if len(s.known) > maxServers {
		t.Error(len(s.known))
	}
}

// TestMeetMute has a server fall silent between connecting and being asked who it is: the
// connection is given up.
func TestMeetMute(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	proxy := pgtest.NewProxy(t, server.Port)
	s := impatient(t, Options{URL: by(proxy, server, url), AnswerTime: 200 * time.Millisecond}, 10*time.Second)
	c, err := pgx.Connect(t.Context(), by(proxy, server, url))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	proxy.Mute(true)
	defer proxy.Mute(false)
	if err := s.meet(t.Context(), c); err == nil || !c.IsClosed() {
		t.Errorf("%v, closed: %v", err, c.IsClosed())
	}
}
