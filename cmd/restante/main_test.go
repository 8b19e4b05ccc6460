package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long tests wait for what has to come, on a machine that may be busy.
const patience = 5 * time.Minute

// TestMain lets the test binary be the command, so that the tests run it as
// people do without building it again.
func TestMain(m *testing.M) {
	if os.Getenv("RESTANTE_TEST_RUN") != "" {
		main()
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), "RESTANTE_TEST_RUN=1")
	return c
}

// runCommand runs a command to its end.
func runCommand(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	c := command(t, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// good runs a command that must succeed.
func good(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	stdout, stderr, status := runCommand(t, stdin, args...)
	if status != 0 {
		t.Fatalf("restante %s: exit status %d: %s", strings.Join(args, " "), status, stderr)
	}
	return stdout
}

// bad runs a command that must fail with one line.
func bad(t *testing.T, status int, want string, args ...string) {
	t.Helper()
	_, stderr, got := runCommand(t, "", args...)
	if got != status || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "restante: ") {
		t.Errorf("restante %s: exit status %d, %q, want %d and %q", strings.Join(args, " "), got, stderr, status, want)
	}
}

// site is a configuration in a directory of its own.
type site struct{ dir, config, imap, lmtp string }

func newSite(t *testing.T, more string) site {
	t.Helper()
	dir, err := os.MkdirTemp("", "restante") // short, for the sockets' sake
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := site{dir: dir, config: filepath.Join(dir, "c.toml"), imap: "unix:" + filepath.Join(dir, "imap"), lmtp: "unix:" + filepath.Join(dir, "lmtp")}
	s.write(t, more)
	return s
}

func (s site) write(t *testing.T, more string) {
	t.Helper()
	text := fmt.Sprintf("data = %q\nimap.listen = [%q]\nimap.listen_tls = [\"127.0.0.1:0\"]\nlmtp.listen = [%q]\n"+
		"auth.argon2_memory = \"1MiB\"\nauth.argon2_passes = 1\nauth.scram_iterations = 4096\n%s",
		filepath.Join(s.dir, "data"), s.imap, s.lmtp, more)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve starts the server and waits until it says that it is ready. The
// function it answers sends SIGTERM and waits for the end.
func (s site) serve(t *testing.T) (c *exec.Cmd, logs *watcher, stop func()) {
	t.Helper()
	c = command(t, "serve", "--config", s.config)
	logs = newWatcher()
	c.Stderr = logs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	logs.wait(t, "msg=ready")
	return c, logs, func() {
		t.Helper()
		c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			t.Errorf("serve: %v\n%s", err, logs.String())
		}
	}
}

// login logs in over IMAP and reports what the server says.
func (s site) login(t *testing.T, user, password string) string {
	t.Helper()
	nc, err := net.Dial("unix", strings.TrimPrefix(s.imap, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	c := textproto.NewConn(nc)
	if _, err := c.ReadLine(); err != nil {
		t.Fatal(err)
	}
	if err := c.PrintfLine("a LOGIN %s %s", user, password); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := c.ReadLine()
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(line, "a "); ok {
			return rest
		}
	}
}

func TestUsersWithoutServer(t *testing.T) {
	s := newSite(t, "")
	f := "--config=" + s.config
	bad(t, 1, "there is no store", "user", "list", f)
	out := good(t, "secret\n", "user", "add", "Bob@Example.org", "--password-stdin", f)
	if !strings.Contains(out, "bob@example.org") || !strings.Contains(out, "argon2id") {
		t.Error(out)
	}
	good(t, "", "user", "add", "eve", "--password-hash", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", f)
	good(t, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", "user", "add", "carol", "--password-hash", "-", f)
	bad(t, 1, "already exists", "user", "add", "eve", "--password-hash", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", f)
	bad(t, 1, "NTLM", "user", "add", "x", "--password-hash", "{NTLM}x", f)
	bad(t, 1, "no password", "user", "add", "x", "--password-stdin", f)
	for _, scheme := range []string{"{PLAIN}", "{cleartext}", "{Clear.b64}"} {
		bad(t, 2, "use --password-hash -", "user", "add", "x", "--password-hash", scheme+"c2VjcmV0", f)
	}
	bad(t, 2, "--password-stdin", "user", "add", "x", f)
	bad(t, 2, "accepts 1 arg", "user", "add", f)
	bad(t, 2, "unknown flag", "user", "add", "x", "--password", "secret", f)
	bad(t, 2, "unknown command", "usr")
	bad(t, 1, "not found", "user", "show", "nobody", f)
	bad(t, 1, "not found", "user", "remove", "nobody", "--yes", f)
	good(t, "", "user", "quota", "eve", "1GiB", "5000", f)
	if out := good(t, "", "user", "show", "eve", f); !strings.Contains(out, "of 1.0 GiB") || !strings.Contains(out, "of 5000") {
		t.Error(out)
	}
	good(t, "", "user", "disable", "carol", f)
	if out := good(t, "", "user", "list", f); strings.Count(out, "\n") != 3 || !strings.Contains(out, "disabled") {
		t.Error(out)
	}
	bad(t, 2, "use --yes", "user", "remove", "carol", f)
	good(t, "", "user", "remove", "carol", "--yes", f)
	if out := good(t, "", "check", f); out != "2 accounts checked: all is well\n" {
		t.Error(out)
	}
	if out := good(t, "", "check", "--repair", "--user", "eve", f); out != "1 account checked: all is well\n" {
		t.Error(out)
	}
}

func TestUsersWhileServing(t *testing.T) {
	s := newSite(t, "")
	f := "--config=" + s.config
	_, logs, stop := s.serve(t)
	info, err := os.Stat(filepath.Join(s.dir, "data", "admin.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", f)
	good(t, "", "user", "add", "eve", "--password-hash", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", f)
	for _, user := range []string{"bob", "eve", "eve"} {
		if got := s.login(t, user, "secret"); !strings.HasPrefix(got, "OK") {
			t.Errorf("%s: %s", user, got)
		}
	}
	if out := good(t, "", "user", "show", "eve", f); !strings.Contains(out, "argon2id, SCRAM-SHA-256") {
		t.Errorf("the imported hash was not replaced: %s", out)
	}
	good(t, "hunter2\n", "user", "passwd", "bob", "--password-stdin", f)
	if got := s.login(t, "bob", "secret"); !strings.HasPrefix(got, "NO [AUTHENTICATIONFAILED]") {
		t.Errorf("the old password: %s", got)
	}
	if got := s.login(t, "bob", "hunter2"); !strings.HasPrefix(got, "OK") {
		t.Errorf("the new password: %s", got)
	}
	bad(t, 1, "in use by another process", "serve", f)
	good(t, "", "check", f)
	good(t, "", "user", "remove", "eve", "--yes", f)
	if got := s.login(t, "eve", "secret"); !strings.HasPrefix(got, "NO") {
		t.Errorf("a removed user: %s", got)
	}
	stop()
	for _, secret := range []string{"secret", "hunter2", "5en6G6"} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, logs.String())
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "data", "admin.sock")); err == nil {
		t.Error("the socket is left")
	}
	good(t, "", "user", "show", "bob", f)
}

func TestReload(t *testing.T) {
	s := newSite(t, "")
	c, logs, stop := s.serve(t)
	s.write(t, "auth.mechanisms = [\"PLAIN\"]\n[store]\ncache = \"32MiB\"\n")
	c.Process.Signal(syscall.SIGHUP)
	logs.wait(t, "configuration reloaded")
	if !strings.Contains(logs.String(), "key=store.cache") {
		t.Errorf("a change that needs a restart is not told:\n%s", logs.String())
	}
	s.write(t, "nonsense = 1\n")
	c.Process.Signal(syscall.SIGHUP)
	logs.wait(t, "nonsense: no such key")
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--data", filepath.Join(s.dir, "data"))
	if got := s.login(t, "bob", "secret"); !strings.HasPrefix(got, "OK") {
		t.Error(got)
	}
	stop()
}

func TestStaleSocketAfterKill(t *testing.T) {
	s := newSite(t, "")
	c, _, _ := s.serve(t)
	c.Process.Kill()
	c.Wait()
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	_, _, stop := s.serve(t)
	good(t, "", "user", "show", "bob", "--config", s.config)
	stop()
}

func TestConfigCommand(t *testing.T) {
	s := newSite(t, "")
	out := good(t, "", "config", "--config", s.config)
	again := filepath.Join(s.dir, "again.toml")
	if err := os.WriteFile(again, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := good(t, "", "config", "--config", again); got != out {
		t.Errorf("what is printed loads to another:\n%s", got)
	}
	s.write(t, "x = 1\n")
	bad(t, 1, s.config+":8: x: no such key", "config", "--config", s.config)
	if out := good(t, "", "version"); !strings.HasPrefix(out, "restante ") {
		t.Error(out)
	}
	if out := good(t, ""); !strings.Contains(out, "Usage:") {
		t.Error(out)
	}
}

func TestDamagedStore(t *testing.T) {
	s := newSite(t, "")
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	manifests, err := filepath.Glob(filepath.Join(s.dir, "data", "store", "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatal("no manifest", err)
	}
	for _, m := range manifests {
		if err := os.Truncate(m, 5); err != nil {
			t.Fatal(err)
		}
	}
	bad(t, 1, "damaged", "serve", "--config", s.config)
	bad(t, 1, "damaged", "check", "--config", s.config)
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	c := command(t, "demo", "--imap", "127.0.0.1:0", "--imaps", "127.0.0.1:0", "--lmtp", "127.0.0.1:0", "--data", dir, "--password", "open sesame")
	out := newWatcher()
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	out.wait(t, "Ctrl-C stops")
	list := good(t, "", "user", "list", "--data", dir)
	if !strings.Contains(list, "alice") || strings.Contains(list, " 0 messages") {
		t.Error(list)
	}
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	if out := good(t, "", "check", "--data", dir); !strings.Contains(out, "all is well") {
		t.Error(out)
	}
}

func TestImportAndExport(t *testing.T) {
	s := newSite(t, "")
	f := "--config=" + s.config
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", f)
	mbox := filepath.Join(s.dir, "old.mbox")
	text := "From a@b Thu Jan  1 00:00:00 2026\nStatus: RO\nSubject: one\n\nhello\n\nFrom a@b Thu Jan  1 00:00:00 2026\nSubject: two\n\nhello\n"
	if err := os.WriteFile(mbox, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bad(t, 2, "--user is not given", "import", mbox, f)
	bad(t, 1, "no such file", "import", "--user=bob", mbox+"x", f)
	bad(t, 1, "not found", "import", "--user=eve", mbox, f)
	if out := good(t, "", "import", "--user=bob", mbox, f); !strings.Contains(out, "2 added, 0 there already, 0 bad") {
		t.Error(out)
	}
	_, _, stop := s.serve(t)
	if out := good(t, "", "import", "--user=bob", mbox, f); !strings.Contains(out, "0 added, 2 there already, 0 bad") {
		t.Error(out)
	}
	dir := filepath.Join(s.dir, "out")
	if out := good(t, "", "export", "--user=bob", dir, f); !strings.HasPrefix(out, "2 messages written") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(dir, "cur")); err != nil {
		t.Error(err)
	}
	bad(t, 1, "already holds a Maildir", "export", "--user=bob", dir, f)
	good(t, "", "check", f)
	stop()
}

// TestStandardInputInterrupted: who types a password where none is asked for can leave.
func TestStandardInputInterrupted(t *testing.T) {
	in, out := io.Pipe() // nothing ever comes
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := firstLine(ctx, in); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestInterrupted: what Ctrl-C breaks off says so, and not what it was doing.
func TestInterrupted(t *testing.T) {
	var out bytes.Buffer
	err := errors.Join(fmt.Errorf("mbox: %w", context.Canceled), errors.New("socket: closed"))
	if status := report(&out, err); status != exitFailed || out.String() != "restante: interrupted\n" {
		t.Errorf("exit status %d: %q", status, out.String())
	}
}
