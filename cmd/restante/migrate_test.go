package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/config"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/migrate"
	"github.com/restante/restante/kv/pebblekv"
)

// session sends commands over IMAP and answers all that the server says.
func (s site) session(t *testing.T, commands ...string) string {
	t.Helper()
	nc, err := net.Dial("unix", strings.TrimPrefix(s.imap, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var all strings.Builder
	r := bufio.NewReader(nc)
	for i, c := range append(commands, "LOGOUT") {
		fmt.Fprintf(nc, "t%d %s\r\n", i, c)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatalf("%s: %v\n%s", c, err, all.String())
			}
			if i > 0 && c != "LOGOUT" {
				all.WriteString(line)
			}
			if strings.HasPrefix(line, fmt.Sprintf("t%d ", i)) {
				break
			}
		}
	}
	return all.String()
}

// seen is what a client sees of bob's mail that never changes.
func (s site) seen(t *testing.T) string {
	return s.session(t, "LOGIN bob secret", "ENABLE QRESYNC", `LIST "" * RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ MAILBOXID SIZE))`,
		"EXAMINE INBOX", "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)", "UID FETCH 1:* (FLAGS MODSEQ EMAILID THREADID INTERNALDATE RFC822.SIZE)")
}

// fillSite makes users, and mail of which some was changed and some expunged.
func fillSite(t *testing.T, s site) {
	t.Helper()
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "From a@b Thu Jan  1 00:00:00 2026\nSubject: %d\n\n%s\n", i, strings.Repeat("hello\n", i*i))
	}
	mbox := filepath.Join(s.dir, "old.mbox")
	if err := os.WriteFile(mbox, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"bob", "eve", "carol", "dave"} {
		good(t, "secret\n", "user", "add", user, "--password-stdin", "--config", s.config)
		good(t, "", "import", "--user="+user, "--mailbox=INBOX", mbox, "--config", s.config)
	}
	_, _, stop := s.serve(t)
	s.session(t, "LOGIN bob secret", "SELECT INBOX", `STORE 3:9 +FLAGS (\Seen $Work)`, `STORE 4 +FLAGS (\Deleted)`, "EXPUNGE", "CREATE Old", "COPY 1:20 Old", "DELETE Trash")
	stop()
	if out := good(t, "", "check", "--config", s.config); out != "4 accounts checked: all is well\n" {
		t.Fatal(out)
	}
}

func TestMigrate(t *testing.T) {
	from, to := newSite(t, ""), newSite(t, "")
	bad(t, 1, "there is no store in", "migrate", "--config", from.config, "--to", to.config)
	fillSite(t, from)
	bad(t, 2, "--to is not given", "migrate", "--config", from.config)
	bad(t, 1, "no such file", "migrate", "--config", from.config, "--to", "nowhere.toml")
	bad(t, 2, "it has a password", "migrate", "--config", from.config, "--to", "postgresql://me:secret@host/mail")
	bad(t, 1, "in use by another process", "migrate", "--config", from.config, "--to", from.config)
	_, _, stop := from.serve(t)
	want := from.seen(t)
	bad(t, 1, "stop it first", "migrate", "--config", from.config, "--to", to.config)
	stop()
	// Killed at any moment, the same command goes on.
	for range 12 {
		c := command(t, "migrate", "--from", from.config, "--to", to.config, "--workers=2")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(rand.N(150*time.Millisecond), func() { c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if err == nil {
			break
		}
	}
	out, stderr, status := runCommand(t, "", "migrate", "--from", from.config, "--to", to.config)
	if status != 0 && !strings.Contains(stderr, migrate.ErrNotEmpty.Error()) {
		t.Fatalf("exit status %d: %s%s", status, out, stderr)
	}
	if status == 0 && (!strings.Contains(out, "every row is equal") || !strings.Contains(out, "all is well")) {
		t.Error(out)
	}
	bad(t, 1, "target is not empty", "migrate", "--from", from.config, "--to", to.config)
	expectMigrated(t, to, want)
}

// expectMigrated looks whether a site has what fillSite made.
func expectMigrated(t *testing.T, s site, want string) {
	t.Helper()
	if out := good(t, "", "check", "--config", s.config); out != "4 accounts checked: all is well\n" {
		t.Error(out)
	}
	_, _, stop := s.serve(t)
	got := s.seen(t)
	if !strings.Contains(got, "VANISHED") {
		t.Error(got)
	}
	after := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(after) || line != after[i] {
			t.Errorf("before: %s\nafter:  %s", line, after[min(i, len(after)-1)])
		}
	}
	stop()
}

// TestMigrateUnfinished: what a migration has not finished is nobody's store.
func TestMigrateUnfinished(t *testing.T) {
	from, to := newSite(t, ""), newSite(t, "")
	fillSite(t, from)
	stopped := errors.New("stopped")
	source, target := from.engine(t), to.engine(t)
	name, err := storeName(source, config.Config{Data: filepath.Join(from.dir, "data"), Store: config.Store{Engine: "pebble"}})
	if err != nil {
		t.Fatal(err)
	}
	o := migrate.Options{Source: source, Target: target, From: name, Accept: func(context.Context, kv.Store) error { return stopped }}
	if _, err := migrate.New(o).Run(t.Context()); !errors.Is(err, stopped) {
		t.Fatal(err)
	}
	if err := errors.Join(source.Close(), target.Close()); err != nil {
		t.Fatal(err)
	}
	bad(t, 1, "unfinished copy", "user", "list", "--config", to.config)
	bad(t, 1, "unfinished copy", "serve", "--config", to.config)
	other := newSite(t, "")
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", other.config)
	bad(t, 1, "unfinished copy of another store", "migrate", "--from", other.config, "--to", to.config)
	bad(t, 1, "unfinished copy", "migrate", "--from", to.config, "--to", "pebble:"+filepath.Join(to.dir, "third"))
	good(t, "", "migrate", "--from", from.config, "--to", to.config)
	good(t, "", "user", "show", "bob", "--config", to.config)
}

// engine opens the embedded store of a site.
func (s site) engine(t *testing.T) *pebblekv.Store {
	t.Helper()
	dir := filepath.Join(s.dir, "data", "store")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	engine, err := pebblekv.Open(pebblekv.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// TestMigrateToPostgreSQL goes there and back.
func TestMigrateToPostgreSQL(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	from, there, back := newSite(t, ""), newNode(t, url, ""), newSite(t, "")
	fillSite(t, from)
	_, _, stop := from.serve(t)
	want := from.seen(t)
	stop()
	out := good(t, "", "migrate", "--config", from.config, "--to", url)
	if !strings.Contains(out, "4 accounts checked: all is well") || !strings.Contains(out, "copied and compared: ") {
		t.Error(out)
	}
	expectMigrated(t, there, want)
	_, _, stop = there.serve(t)
	bad(t, 1, "servers run on the store", "migrate", "--from", url, "--to", "pebble:"+filepath.Join(back.dir, "data"))
	stop()
	good(t, "", "migrate", "--from", there.config, "--to", "pebble:"+filepath.Join(back.dir, "data"))
	expectMigrated(t, back, want)
}

// TestMigrateBlobs: large messages stay where they are, or are copied.
func TestMigrateBlobs(t *testing.T) {
	objects := t.TempDir()
	where := func(dir string) string {
		return fmt.Sprintf("blobs.engine = \"directory\"\nblobs.above = \"4KiB\"\nblobs.directory = %q\n", dir)
	}
	from, same, other, none := newSite(t, where(objects)), newSite(t, where(objects)), newSite(t, where(t.TempDir())), newSite(t, "")
	fillSite(t, from)
	_, _, stop := from.serve(t)
	want := from.seen(t)
	stop()
	bad(t, 2, "copy them with --blobs", "migrate", "--from", from.config, "--to", none.config)
	bad(t, 2, "has to say where", "migrate", "--from", from.config, "--to", none.config, "--blobs")
	bad(t, 2, "is the same place", "migrate", "--from", from.config, "--to", same.config, "--blobs")
	good(t, "", "migrate", "--from", from.config, "--to", same.config)
	expectMigrated(t, same, want)
	good(t, "", "migrate", "--from", from.config, "--to", other.config, "--blobs")
	if err := os.RemoveAll(objects); err != nil {
		t.Fatal(err)
	}
	expectMigrated(t, other, want)
	// Where the target is no file, what the source's configuration says counts.
	dir := filepath.Join(none.dir, "data")
	good(t, "", "migrate", "--config", other.config, "--to", "pebble:"+dir)
}

func TestMigrateLine(t *testing.T) {
	const mib = 1 << 20
	at := migrate.Progress{Phase: migrate.Copying, Partitions: 10, Total: 40, Rows: 100, Bytes: 100 * mib}
	for want, estimate := range map[string]int64{
		"copying 10 of 40 partitions, 100.0 MiB, 10.0 MiB/s, about 30s left":   50 * mib, // as those before
		"copying 10 of 40 partitions, 100.0 MiB, 10.0 MiB/s, about 1m30s left": 1000 * mib,
	} {
		if got := migrateLine(at, 10*time.Second, estimate); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := migrateLine(migrate.Progress{}, time.Hour, 0); got != "counting" {
		t.Error(got)
	}
}
