package binary

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restante/restante/internal/loopback"
)

// Options say how a [Server] is started.
type Options struct {
	Path   string // of the program
	Data   string // directory of the store; empty: one below Dir
	Config string // further lines of TOML, with dotted keys
	Shared bool   // others serve the store too: whoever starts them all checks it
	// Certificate of another server, as nodes behind one name have it; nil: one of its own.
	Certificate *Server
}

// Server is one running program with its directory, which outlives restarts.
type Server struct {
	Dir    string // the test's own
	Data   string // the store
	Config string // the configuration file
	CA     string // PEM file of the authority that clients should trust

	IMAP, IMAPS, LMTP string // host:port on loopback; IMAP is with STARTTLS
	LMTPSocket        string // path of the Unix socket that takes LMTP too

	path   string
	shared bool
	log    *os.File
	proc   *exec.Cmd
	done   chan error
}

// Start starts a server for a test, and has it stopped and its store checked
// when the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	dir := socketDir(t)
	s := &Server{
		Dir: dir, Data: o.Data, Config: filepath.Join(dir, "restante.toml"),
		CA:   filepath.Join(dir, "ca.pem"),
		IMAP: loopback.FreeAddr(t), IMAPS: loopback.FreeAddr(t), LMTP: loopback.FreeAddr(t),
		LMTPSocket: filepath.Join(dir, "lmtp.sock"),
		path:       o.Path, shared: o.Shared,
	}
	if s.Data == "" {
		s.Data = filepath.Join(dir, "data")
	}
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if o.Certificate == nil {
		writeCertificates(t, s.CA, certificate, key)
	} else {
		copyCertificates(t, o.Certificate.Dir, dir)
	}
	config := fmt.Sprintf(baseConfig, s.Data, certificate, key, s.IMAP, s.IMAPS, s.LMTP, "unix:"+s.LMTPSocket) + o.Config
	if err := os.WriteFile(s.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.log = must(os.Create(filepath.Join(dir, "restante.log")))(t)
	t.Cleanup(func() { s.finish(t) })
	s.Run(t)
	return s
}

// baseConfig is what tests of real clients need of a configuration: password
// hashes that cost little.
const baseConfig = `
data = %q
tls.certificates = [%q]
tls.keys = [%q]
imap.listen = [%q]
imap.listen_tls = [%q]
lmtp.listen = [%q, %q]
lmtp.hostname = "mail.example.org"
lmtp.socket_mode = "0666"
log.level = "debug"
auth.argon2_passes = 1
auth.scram_iterations = 4096
`

// socketDir makes a directory for a test whose path is short enough for Unix
// sockets, and open to servers that run as other users.
func socketDir(t testing.TB) string {
	t.Helper()
	dir := must(os.MkdirTemp("", "restante"))(t)
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Run starts the program, which must not be running, and waits until it takes
// connections.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	s.proc = exec.Command(s.path, "serve", "--config", s.Config)
	s.proc.Stdout, s.proc.Stderr = s.log, s.log
	if err := s.proc.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	s.done = done
	go func(p *exec.Cmd) { done <- p.Wait() }(s.proc)
	Eventually(t, "the server answers", func() error {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("restante serve ended: %v\n%s", err, s.Log())
		default:
		}
		conn, err := tls.Dial("tcp", s.IMAPS, s.TLS(t))
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// TLS answers a client configuration that trusts the server's certificate.
func (s *Server) TLS(t testing.TB) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(must(os.ReadFile(s.CA))(t)) {
		t.Fatal("no certificate in " + s.CA)
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// Stop has the program end in an orderly way, and fails the test if it does not
// end soon or with another exit status than 0.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.proc == nil {
		return
	}
	if err := s.proc.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	select {
	case err := <-s.done:
		if err != nil {
			t.Errorf("restante serve after SIGTERM: %v\n%s", err, s.Log())
		}
	case <-time.After(Patience):
		s.proc.Process.Signal(syscall.SIGQUIT) // so that the log shows what it waits for
		<-s.done
		t.Errorf("restante serve does not end after SIGTERM\n%s", s.Log())
	}
	s.proc = nil
}

// Kill ends the program at once by SIGKILL.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.proc.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-s.done
	s.proc = nil
}

// Pause stops the program where it is (SIGSTOP): its connections stay open, and nobody
// answers.
func (s *Server) Pause(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Resume lets a paused program go on.
func (s *Server) Resume(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.proc.Process.Signal(sig); err != nil {
		t.Error(err)
	}
}

// Alive answers nil while the program runs, or how it ended.
func (s *Server) Alive() error {
	select {
	case err := <-s.done:
		s.done <- err
		return fmt.Errorf("restante serve ended: %w", err)
	default:
		return nil
	}
}

// Command runs a subcommand of the program on the server's store with stdin as
// its input, and answers what it wrote on both outputs.
func (s *Server) Command(t testing.TB, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.path, append(args, "--config", s.Config)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// AddUser adds a user by the command line.
func (s *Server) AddUser(t testing.TB, name, password string) {
	t.Helper()
	if out, err := s.Command(t, password+"\n", "user", "add", name, "--password-stdin"); err != nil {
		t.Fatalf("restante user add %s: %v\n%s", name, err, out)
	}
}

// Check has the program check its whole store and fails the test unless it is
// clean. It works while the server runs and when it does not.
func (s *Server) Check(t testing.TB) {
	t.Helper()
	cmd := exec.Command(s.path, "check", "--config", s.Config)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("restante check: %v\n%s", err, out)
	}
}

// Log answers the end of what the program wrote.
func (s *Server) Log() string {
	const most = 8 << 10
	b, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	if len(b) > most {
		b = append([]byte("…"), b[len(b)-most:]...)
	}
	return string(b)
}

// LogSize answers how many bytes the program has logged.
func (s *Server) LogSize(t testing.TB) int {
	t.Helper()
	return len(must(os.ReadFile(s.log.Name()))(t))
}

// LogFrom answers what the program has logged from byte offset on.
func (s *Server) LogFrom(t testing.TB, offset int) string {
	t.Helper()
	return string(must(os.ReadFile(s.log.Name()))(t)[offset:])
}

// finish is the end of a test.
func (s *Server) finish(t testing.TB) {
	t.Helper()
	if t.Failed() {
		t.Logf("the server's log:\n%s", s.Log())
	}
	s.Stop(t)
	if !s.shared {
		s.Check(t)
	}
	if b, err := os.ReadFile(s.log.Name()); err == nil {
		for _, bad := range []string{"panic:", "DATA RACE", "goroutine "} {
			if i := bytes.Index(b, []byte(bad)); i >= 0 {
				t.Errorf("the server's log:\n%.4000s", b[i:])
				break
			}
		}
	}
	s.log.Close()
}
