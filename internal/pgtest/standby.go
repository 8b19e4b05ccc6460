package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/loopback"
)

// Standby makes a standby of the server, starts it, and has every commit of the
// server wait for it from now on (synchronous replication). It is a copy, with
// the same databases, that takes no writes until [Server.Promote]. Its Link is how it
// follows.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	b := &Server{dir: dir, bin: s.bin, Port: loopback.FreePort(t), Link: NewProxy(t, s.Port)}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b.dropRoot(t)
	b.run(t, "pg_basebackup", "-D", b.data(), "-d", fmt.Sprintf("host=127.0.0.1 port=%d user=postgres application_name=standby", s.Port),
		"-c", "fast", "-X", "stream", "--no-sync")
	// What stands last counts. A standby that becomes the primary waits for no other.
	b.configure(t, fmt.Sprintf("port = %d", b.Port), "synchronous_standby_names = ''",
		fmt.Sprintf("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres application_name=standby'", b.Link.Port))
	if err := os.WriteFile(filepath.Join(b.data(), "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.discard)
	b.Run(t)
	s.configure(t, "synchronous_standby_names = 'standby'")
	s.Exec(t, "postgres", "SELECT pg_reload_conf()")
	s.await(t, "the standby follows", "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")
	return b
}

// Promote makes a standby the primary, and waits until it takes writes.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Exec(t, "postgres", "SELECT pg_promote(wait => false)")
	s.await(t, "the standby is promoted", "SELECT NOT pg_is_in_recovery()")
}

// await asks until the server answers true.
func (s *Server) await(t testing.TB, what, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer c.Close(ctx)
	for {
		var yes bool
		if err := c.QueryRow(ctx, query).Scan(&yes); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if yes {
			return
		}
		time.Sleep(10 * time.Millisecond) // between questions
	}
}

// LeaveBehind has commits wait for the standby no more, and nothing of them come through to
// it (asynchronous replication that lags): from now on it lacks what the server acknowledges.
func (s *Server) LeaveBehind(t testing.TB, standby *Server) {
	t.Helper()
	s.configure(t, "synchronous_standby_names = ''")
	s.Exec(t, "postgres", "SELECT pg_reload_conf()")
	s.await(t, "commits wait for nobody", "SELECT NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")
	standby.Link.Mute(true)
}
