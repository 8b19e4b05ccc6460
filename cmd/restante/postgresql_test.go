package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restante/restante/internal/pgtest"
)

// newNode is a site over a database.
func newNode(t *testing.T, url, more string) site {
	t.Helper()
	return newSite(t, fmt.Sprintf("store.engine = \"postgresql\"\nstore.postgresql.url = %q\n%s", url, more))
}

// TestPostgreSQL runs two nodes over one database and commands beside them.
func TestPostgreSQL(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	one, two, outside := newNode(t, url, ""), newNode(t, url, ""), newNode(t, url, "")
	bad(t, 1, "there is no store in the database", "user", "list", "--config", outside.config)
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", outside.config)
	_, _, stopOne := one.serve(t)
	_, _, stopTwo := two.serve(t)
	good(t, "secret\n", "user", "add", "eve", "--password-stdin", "--config", one.config)
	good(t, "secret\n", "user", "add", "carol", "--password-stdin", "--config", outside.config)
	for _, user := range []string{"bob", "eve", "carol"} {
		for _, node := range []site{one, two} {
			if got := node.login(t, user, "secret"); !strings.HasPrefix(got, "OK") {
				t.Errorf("%s: %s", user, got)
			}
		}
	}
	mbox := filepath.Join(outside.dir, "old.mbox")
	text := "From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nhello\n"
	if err := os.WriteFile(mbox, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, node := range []site{outside, two, outside} {
		out := good(t, "", "import", "--user=bob", mbox, "--config", node.config)
		if want := fmt.Sprintf("%d added, %d there already, 0 bad", max(0, 1-i), min(i, 1)); !strings.Contains(out, want) {
			t.Errorf("%s, want %s", out, want)
		}
	}
	for _, node := range []site{outside, one} {
		if out := good(t, "", "check", "--config", node.config); out != "3 accounts checked: all is well\n" {
			t.Error(out)
		}
	}
	good(t, "", "user", "remove", "carol", "--yes", "--config", outside.config)
	if got := two.login(t, "carol", "secret"); !strings.HasPrefix(got, "NO") {
		t.Errorf("a removed user: %s", got)
	}
	status := good(t, "", "status", "--config", one.config)
	for _, kind := range []string{"commits", "reads"} {
		if !regexp.MustCompile(`(?m)^ +` + kind + ` +[1-9]\d* +mean \S+ +p50 ≤ \S+ +p99 ≤ \S+$`).MatchString(status) {
			t.Errorf("status does not tell how long %s take:\n%s", kind, status)
		}
	}
	stopOne()
	stopTwo()
}

// TestPostgreSQLRefused says in one line why nothing starts.
func TestPostgreSQLRefused(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	s := newNode(t, url, "")
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	server.Exec(t, url[strings.LastIndex(url, "/")+1:], "UPDATE restante SET schema = 99")
	bad(t, 1, "written by a newer version", "serve", "--config", s.config)
	bad(t, 1, "written by a newer version", "check", "--config", s.config)
	bad(t, 1, "does not exist", "serve", "--config", newNode(t, server.URL("nosuch"), "").config)
	bad(t, 1, "store.postgresql.url", "serve", "--config", newNode(t, "postgres://h:port/", "").config)
	bad(t, 1, "password_file", "serve", "--config", newNode(t, url, "store.postgresql.password_file = \"/nosuch\"\n").config)

	server.Stop()
	c := command(t, "serve", "--config", newNode(t, url, "store.postgresql.wait = \"2s\"\n").config)
	logs := newWatcher()
	c.Stderr = logs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	logs.wait(t, "database cannot be reached, waiting for it")
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != 1 {
		t.Errorf("without a database: %v", err)
	}
	if last := logs.String(); strings.Count(last, "\n") != 2 || !strings.Contains(last, "restante: pgkv: open: the database does not answer") {
		t.Errorf("without a database: %s", last)
	}
}

// TestStatusTellsThatCommitsWait: while the standby is away a node says so, in words and by the
// exit status, and stays ready for what only reads.
func TestStatusTellsThatCommitsWait(t *testing.T) {
	primary := pgtest.Start(t)
	url := primary.Database(t)
	standby := primary.Standby(t)
	s := newNode(t, url, "")
	s.write(t, s.withHTTP(fmt.Sprintf("store.engine = \"postgresql\"\nstore.postgresql.url = %q\n", url)))
	_, _, stop := s.serve(t)
	state := func() (out string, code int) {
		out, _, code = runCommand(t, "", "status", "--config", s.config)
		return out, code
	}
	ready := func() bool {
		out, code := state()
		return code == 0 && strings.Contains(out, ", ready\n") && !strings.Contains(out, "WAIT")
	}
	until(t, "nothing waits", ready)
	standby.Link.Mute(true)
	until(t, "the status tells that commits wait", func() bool {
		out, code := state()
		return code == 1 && strings.Contains(out, ", ready to read only\n") &&
			regexp.MustCompile(`(?m)^ +COMMITS WAIT for the standby: [1-9]\d* of them, the first for [1-9]\d*s$`).MatchString(out)
	})
	until(t, "it stays ready to read", func() bool {
		code, _ := s.page(t, "/readyz")
		return code == 200
	})
	standby.Link.Mute(false)
	standby.Link.Cut()
	until(t, "nothing waits any more", ready)
	stop()
}
