package cluster_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/test/binary"
)

// guide runs the commands of docs/cluster.md that are marked as tested, with other
// places and addresses.
type guide struct {
	t      *testing.T
	dir    string
	blocks map[string]string
	places *strings.Replacer
	prolog string
	port   int // of the database that commands go to
}

func openGuide(t *testing.T, primary *pgtest.Server, standbyPort string) *guide {
	t.Helper()
	text, err := os.ReadFile("../../docs/cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "guide")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // PostgreSQL's user has a directory below it
		t.Fatal(err)
	}
	g := &guide{t: t, dir: dir, blocks: map[string]string{}, port: primary.Port}
	for _, m := range regexp.MustCompile(`(?m)^<!-- tested: (\w+) -->\n((?:(?:    .*)?\n)+)`).FindAllStringSubmatch(string(text), -1) {
		g.blocks[m[1]] = regexp.MustCompile(`(?m)^    `).ReplaceAllString(m[2], "")
	}
	g.places = strings.NewReplacer(
		"/etc/restante", dir+"/etc", "/var/lib/restante", dir+"/lib", "/var/backups", dir+"/backups",
		"/var/lib/postgresql/15/main", dir+"/standby", "/etc/haproxy/", dir+"/haproxy/", "packaging/", "../../packaging/",
		"host=db1", fmt.Sprintf("host=127.0.0.1 port=%d", primary.Port), "--host=db1", fmt.Sprintf("--host=127.0.0.1 --port=%d", primary.Port),
		"@db1/", fmt.Sprintf("@127.0.0.1:%d/", primary.Port), "sslmode=require", "sslmode=disable", "--pwprompt ", "")
	bin := pgtest.Programs(t)
	g.prolog = fmt.Sprintf(`set -euo pipefail
export PATH=%[1]s:$PATH PGHOST=127.0.0.1 PGUSER=postgres
# Who is not postgres here runs as whoever tests.
runuser() { local who=$2; shift 3; if [ "$who" = postgres ]; then command runuser -u postgres -- "$@"; else "$@"; fi; }
systemctl() {
  case "$*" in
    "start postgresql") runuser -u postgres -- pg_ctl -D %[2]s/standby -l %[2]s/standby/log -o "-p %[3]s" -w start >/dev/null ;;
  esac
}
restante() { case "$*" in *--config*|*--from*) %[4]s "$@" ;; *) %[4]s "$@" --config %[2]s/etc/restante.toml ;; esac; }
`, bin, dir, standbyPort, restante)
	return g
}

// run runs a block and answers what it says.
func (g *guide) run(name string) string {
	g.t.Helper()
	block, ok := g.blocks[name]
	if !ok {
		g.t.Fatalf("docs/cluster.md has no block %q", name)
	}
	delete(g.blocks, name)
	return g.script(name, g.places.Replace(block))
}

func (g *guide) script(name, text string) string {
	g.t.Helper()
	cmd := exec.Command("bash", "-c", g.prolog+text)
	cmd.Env = append(os.Environ(), fmt.Sprintf("PGPORT=%d", g.port))
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%s: %v\n%s\n%s", name, err, text, out)
	}
	return string(out)
}

// TestGuide goes the way of docs/cluster.md: from the embedded store to PostgreSQL with a
// standby, a backup and back, and over to the standby.
func TestGuide(t *testing.T) {
	needAll(t)
	primary := pgtest.Start(t)
	standby := loopback.FreeAddr(t)
	standbyPort := standby[strings.LastIndex(standby, ":")+1:]
	g := openGuide(t, primary, standbyPort)
	g.script("an embedded store", g.places.Replace(`mkdir -p /etc/restante /var/lib/restante /var/backups /etc/haproxy/
chmod 0777 /var/backups
echo > /etc/restante/db_password
echo 'data = "/var/lib/restante"' > /etc/restante/restante.toml
echo secret | restante user add alice@example.org --password-stdin
printf 'From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nhello\n' > /etc/restante/mbox
restante import --user=alice@example.org --mailbox=INBOX /etc/restante/mbox`))
	expect := func(when string) {
		t.Helper()
		out := g.script(when, "restante user show alice@example.org; restante check")
		if !strings.Contains(out, "alice@example.org") || !strings.Contains(out, "1 account checked: all is well") {
			t.Fatalf("%s: %s", when, out)
		}
	}
	g.run("database")
	g.run("configuration")
	if out := g.run("migrate"); !strings.Contains(out, "every row is equal") {
		t.Error(out)
	}
	expect("on PostgreSQL")
	g.run("replicator")
	g.run("standby")
	t.Cleanup(func() {
		g.script("end of the standby", "runuser -u postgres -- pg_ctl -D "+filepath.Join(g.dir, "standby")+" -m immediate stop")
	})
	g.run("synchronous")
	binary.Eventually(t, "the standby is a synchronous one", func() error {
		if out := g.script("state", "psql -Atc 'SELECT sync_state FROM pg_stat_replication'"); !strings.Contains(out, "quorum") {
			return fmt.Errorf("%q", out)
		}
		return nil
	})
	g.run("dump")
	g.script("what the backup does not know of", "echo secret | restante user add bob@example.org --password-stdin")
	g.run("restore")
	expect("restored")
	g.run("basebackup")
	if _, err := os.Stat(filepath.Join(g.dir, "backups/mail.base/base.tar.gz")); err != nil {
		t.Error(err)
	}
	if out := g.run("balancer"); !strings.Contains(out, "valid") {
		t.Error(out)
	}
	primary.Kill()
	fmt.Sscan(standbyPort, &g.port)
	g.run("promote")
	g.script("the other address", g.places.Replace("sed -i 's/"+fmt.Sprint(primary.Port)+"/"+standbyPort+"/' /etc/restante/restante.toml"))
	expect("on the standby")
	for name := range g.blocks {
		t.Errorf("block %q of docs/cluster.md was not tried", name)
	}
}
