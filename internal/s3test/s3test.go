// Package s3test starts real S3 servers for tests: versitygw over a directory.
package s3test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/internal/loopback"
)

// Required reports whether a missing server is fatal: RESTANTE_SERVERS=required.
func Required() bool { return os.Getenv("RESTANTE_SERVERS") == "required" }

// The credentials of every server.
const (
	AccessKey = "restante"
	SecretKey = "restante-secret"
)

// Server is an S3 server of a test's own.
type Server struct {
	Addr string // host:port
	dir  string
	bin  string
	cmd  *exec.Cmd
	gone chan struct{}
	log  bytes.Buffer
}

// Start makes a server and starts it; it ends with the test. Without the server's
// program it is built, where RESTANTE_SERVERS=required; else the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{bin: program(t), dir: t.TempDir(), Addr: loopback.FreeAddr(t)}
	for _, d := range []string{"data", "sidecar"} {
		if err := os.Mkdir(filepath.Join(s.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Stop)
	s.Restart(t)
	return s
}

// build is the program, built once a process.
type build struct {
	once sync.Once
	path string
	err  error
}

var versitygw build

// program answers the path of the server's program.
func program(t testing.TB) string {
	t.Helper()
	if !Required() {
		t.Skip("needs an S3 server; set RESTANTE_SERVERS=required to have one built and started")
	}
	versitygw.once.Do(func() { versitygw.path, versitygw.err = versitygw.make() })
	if versitygw.err != nil {
		t.Fatal(versitygw.err)
	}
	return versitygw.path
}

// make builds the program where all processes of a user find it. The Go tool does
// nothing if it is there and of the version that the module pins.
func (*build) make() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "restante-test", "versitygw")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // packages are tested side by side
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", path, "github.com/versity/versitygw/cmd/versitygw")
	cmd.Dir = filepath.Join(filepath.Dir(here), "..", "..", "test", "tools", "versitygw")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the S3 server: %w: %s", err, out)
	}
	return path, nil
}

// Restart starts the server after Stop, at the same address, and waits until it
// answers.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.log.Reset()
	s.cmd = exec.Command(s.bin, "--port", s.Addr, "--access", AccessKey, "--secret", SecretKey, "--quiet",
		"posix", filepath.Join(s.dir, "data"), "--sidecar", filepath.Join(s.dir, "sidecar"))
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	s.gone = gone
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // it is killed in the end
		close(gone)
	}(s.cmd)
	deadline := time.Now().Add(time.Minute)
	for {
		c, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-gone:
			t.Fatalf("the S3 server has ended: %s", s.log.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
}

// Stop kills the server. What it has stored stays until the test ends.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // else it has ended
	<-s.gone
	s.cmd = nil
}

// Pause makes the server not answer until Resume: connections stay open.
func (s *Server) Pause(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// Bucket makes a bucket, which no other test has, and answers how it is opened.
func (s *Server) Bucket(t testing.TB) s3blob.Options {
	t.Helper()
	o := s3blob.Options{
		Endpoint: s.Addr, Insecure: true, Region: "us-east-1", Bucket: fmt.Sprintf("b%d", time.Now().UnixNano()),
		Lookup: s3blob.LookupPath, AccessKey: AccessKey, SecretKey: SecretKey,
	}
	store, err := s3blob.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := store.MakeBucket(ctx); err != nil {
		t.Fatal(err)
	}
	return o
}

// Objects answers the directory below which the objects of a bucket lie as files, whose
// times are theirs.
func (s *Server) Objects(b s3blob.Options) string { return filepath.Join(s.dir, "data", b.Bucket) }
