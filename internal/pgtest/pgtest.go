// Package pgtest starts real PostgreSQL servers for tests.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/loopback"
)

// Required reports whether tests are to start PostgreSQL: RESTANTE_SERVERS=required.
func Required() bool { return os.Getenv("RESTANTE_SERVERS") == "required" }

// Server is a PostgreSQL server of a test's own, in a directory of its own.
type Server struct {
	Port int
	// Link is a standby's connection to its primary, which can be muted and cut.
	Link *Proxy
	dir  string
	bin  string
	as   *syscall.Credential // root may not run PostgreSQL
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
}

// Start makes a server and starts it; it ends with the test. Settings are lines of
// postgresql.conf. Without RESTANTE_SERVERS=required the test is skipped; with it, it
// fails where PostgreSQL is not installed.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	bin := findBin(t)
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, bin: bin, Port: loopback.FreePort(t)}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s.dropRoot(t)
	s.run(t, "initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
	s.configure(t, append([]string{fmt.Sprintf("port = %d", s.Port), "listen_addresses = '127.0.0.1'",
		"unix_socket_directories = ''", "max_connections = 200", "dynamic_shared_memory_type = mmap"}, settings...)...)
	t.Cleanup(s.discard)
	s.Run(t)
	return s
}

// configure adds lines to the server's configuration, which count from its next start
// or reload on.
func (s *Server) configure(t testing.TB, lines ...string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL names a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", s.Port, database)
}

// patience is how long a server may take to start, on a machine that does much else.
const patience = time.Minute

// Run starts the server after Kill or Stop, and waits until it answers.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	// The processes of a server that was killed end one by one, and while one
	// of them is there the next server does not start.
	for deadline := time.Now().Add(patience); !s.tryRun(t, deadline); {
	}
}

// tryRun reports whether the server answers; if not, it has ended. After the deadline
// that fails the test.
func (s *Server) tryRun(t testing.TB, deadline time.Time) bool {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = s.command("postgres", "-D", s.data())
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	s.gone = gone
	cmd := s.cmd
	go func() {
		cmd.Wait()
		close(gone)
	}()
	for {
		c, err := pgx.Connect(context.Background(), s.URL("postgres"))
		if err == nil {
			c.Close(context.Background())
			return true
		}
		select {
		case <-gone:
			if time.Now().Before(deadline) {
				return false
			}
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("postgres has ended: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("postgres does not answer: %v", err)
		}
	}
}

// Kill ends the server and all its processes as a crash would: SIGKILL. What was
// not synced is still in the operating system.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server at once, as an administrator would: connections break.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// discard ends the server as soon as it can by itself, so that it leaves no shared memory
// behind, of which the system has little.
func (s *Server) discard() {
	s.Resume()
	s.end(syscall.SIGQUIT)
}

func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	if sig == syscall.SIGKILL {
		s.signal(sig)
	} else {
		s.cmd.Process.Signal(sig)
	}
	<-s.gone
	s.cmd = nil
}

// databases counts the databases that were made.
var databases atomic.Int64

// Database makes a database and answers its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	create := "CREATE DATABASE " + name
	if s.version(t) >= 15 {
		create += " STRATEGY file_copy" // as those before did, which costs less with fsync = off
	}
	s.Exec(t, "postgres", create)
	return s.URL(name)
}

// version answers the server's major version.
func (s *Server) version(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	version, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		t.Fatalf("version %q of PostgreSQL: %v", text, err)
	}
	return version
}

// Exec runs a statement.
func (s *Server) Exec(t testing.TB, database, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.as}
	return cmd
}

func (s *Server) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// dropRoot makes the server run as the user postgres where the test runs as root.
func (s *Server) dropRoot(t testing.TB) {
	if os.Getuid() != 0 {
		return
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.dir, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// binEnv names the environment variable with the directory of PostgreSQL's programs that
// tests are to start, instead of those that are installed.
const binEnv = "RESTANTE_PG_BIN"

var findOnce = sync.OnceValue(func() string {
	if dir := os.Getenv(binEnv); dir != "" {
		return dir
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link to it has the others beside it only where it leads to.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
})

// findBin gives the directory of PostgreSQL's programs.
func findBin(t testing.TB) string {
	t.Helper()
	if !Required() {
		t.Skip("needs PostgreSQL; set RESTANTE_SERVERS=required to have one started")
	}
	bin := findOnce()
	if bin == "" {
		t.Fatal("PostgreSQL is not installed")
	}
	return bin
}
