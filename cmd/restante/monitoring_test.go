package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restante/restante/monitor"
)

// page asks a server over its Unix socket for HTTP.
func (s site) page(t *testing.T, path string) (status int, text string) {
	t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(s.dir, "http"))
		},
	}}
	r, err := client.Get("http://localhost" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func (s site) withHTTP(more string) string {
	return "http.listen = [\"unix:" + filepath.Join(s.dir, "http") + "\"]\n" + more
}

// deliver hands a message in for an address, and for one that is nobody's.
func (s site) deliver(t *testing.T, to string) {
	t.Helper()
	nc, err := net.Dial("unix", strings.TrimPrefix(s.lmtp, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	c := textproto.NewConn(nc)
	hear := func(code int) {
		t.Helper()
		if _, _, err := c.ReadResponse(code); err != nil {
			t.Fatal(err)
		}
	}
	hear(220)
	for _, step := range []struct {
		line string
		code int
	}{
		{"LHLO x", 250}, {"MAIL FROM:<a@example.net>", 250}, {"RCPT TO:<nobody@example.org>", 550}, {"RCPT TO:<" + to + ">", 250},
		{"DATA", 354}, {"Subject: x\r\n\r\nx\r\n.", 250}, {"QUIT", 221},
	} {
		if err := c.PrintfLine("%s", step.line); err != nil {
			t.Fatal(err)
		}
		hear(step.code)
	}
}

func TestMonitoring(t *testing.T) {
	s := newSite(t, "")
	s.write(t, s.withHTTP("http.drain_wait = \"10m\"\nauth.local_domains = [\"example.org\"]\n"))
	f := "--config=" + s.config
	bad(t, 1, "no server is running", "status", f)
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", f)
	c, logs, _ := s.serve(t)
	if got := s.login(t, "bob", "secret"); !strings.HasPrefix(got, "OK") {
		t.Fatal(got)
	}
	if got := s.login(t, "bob", "wrong"); !strings.HasPrefix(got, "NO") {
		t.Fatal(got)
	}
	s.deliver(t, "bob@example.org")
	if code, text := s.page(t, "/readyz"); code != 200 || text != "ready\n" {
		t.Errorf("%d %q", code, text)
	}
	_, text := s.page(t, "/metrics")
	for _, want := range []string{
		`restante_logins_total{result="ok"} 1`, `restante_logins_total{result="failed"} 1`,
		`restante_imap_commands_total{command="LOGIN",result="ok"} 1`, `restante_imap_commands_total{command="LOGIN",result="no"} 1`,
		`restante_connections_total{protocol="imap"} 2`, "restante_pebble_commits_total ", "restante_account_loads_total 1", "go_goroutines ",
		`restante_imap_command_seconds_count{command="LOGIN"} 2`, "restante_delivery_seconds_count 1",
		`restante_deliveries_total{result="delivered"} 1`, `restante_deliveries_total{result="refused"} 1`, "restante_messages_stored_total 1", "restante_delivered_bytes_total ", "restante_nodes 1",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "bob") {
		t.Error("a metric has the name of a user")
	}

	out := good(t, "", "status", f)
	for _, want := range []string{"ready\n", "store          pebble in ", "logins         1 ok, 1 failed", "LOGIN", "deliveries     1 delivered, 0 deferred, 1 refused", "no certificate is configured"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var r monitor.Report
	if err := json.Unmarshal([]byte(good(t, "", "status", "--json", f)), &r); err != nil {
		t.Fatal(err)
	}
	if r.PID != c.Process.Pid || r.NotReady != "" || r.Sum("restante_logins_total", "result", "ok") != 1 || len(r.Nodes) != 1 || !r.Nodes[0].Self {
		t.Errorf("%+v", r)
	}

	// A server that is stopped says so before it refuses anybody.
	c.Process.Signal(syscall.SIGTERM)
	logs.wait(t, "msg=stopping")
	if code, text := s.page(t, "/readyz"); code != 503 || text != "draining\n" {
		t.Errorf("%d %q", code, text)
	}
	if got := s.login(t, "bob", "secret"); !strings.HasPrefix(got, "OK") {
		t.Errorf("while the balancer takes it out: %s", got)
	}
	stdout, _, status := runCommand(t, "", "status", f)
	if status != 1 || !strings.Contains(stdout, "NOT READY: draining") {
		t.Errorf("%d %s", status, stdout)
	}
	c.Process.Signal(syscall.SIGTERM) // at once
	if err := c.Wait(); err != nil {
		t.Errorf("%v\n%s", err, logs.String())
	}
}
