package cluster_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/load"
)

// TestMbsync has mail delivered and mbsync keep a copy of it through HAProxy, while
// one node after the other is killed or stopped: the copy has each message that was
// acknowledged once, and no connection is refused for long.
func TestMbsync(t *testing.T) {
	c := start(t, clustertest.Options{Balancer: true})
	const user = "alice@example.org"
	c.AddUser(t, user, password)
	var conn *imapclient.Client
	binary.Eventually(t, "the balancer has found the nodes", func() (err error) {
		conn, err = imapclient.Login(c.Balancer.IMAPS, c.Nodes[0].TLS(t), user, password)
		return err
	})
	if _, err := conn.Do("CREATE Work"); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	m := newMbsync(t, c, user)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := load.NewDeliverer("d", user)
	var all sync.WaitGroup
	all.Go(func() {
		for ctx.Err() == nil {
			// One that is cut off is tried again by its sender, here by the next one.
			_ = d.Deliver(c.Balancer.LMTP)
			pause(ctx, 50*time.Millisecond)
		}
	})
	m.sync()
	c.Nodes[0].Kill(t)
	m.sync()
	c.Nodes[0].Run(t)
	c.Nodes[1].Stop(t)
	m.sync()
	c.Nodes[1].Run(t)
	m.sync()
	end()
	all.Wait()
	m.sync()
	conn, err := imapclient.Login(c.Balancer.IMAPS, c.Nodes[0].TLS(t), user, password)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stored, err := load.FetchAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range d.Verify(stored) {
		t.Error(wrong)
	}
	copied := m.tokens()
	stored.Each(func(_ string, uid uint32, token string) {
		if copied[token] != 1 {
			t.Errorf("mbsync has %d copies of %s (UID %d)", copied[token], token, uid)
		}
	})
	if len(copied) != len(stored) || len(stored) == 0 {
		t.Errorf("mbsync has %d messages, the server %d", len(copied), len(stored))
	}
	t.Logf("%d messages, %d of them acknowledged", len(stored), d.Acknowledged())
	for i, n := range c.Nodes {
		if strings.Contains(n.LogFrom(t, 0), "remote=127.0.0.9") {
			t.Errorf("node %d takes the balancer for the client", i)
		}
	}
}

const mbsyncConfig = `
FSync no

IMAPAccount restante
Host localhost
Port %s
User %s
Pass %s
SSLType IMAPS
SystemCertificates no
CertificateFile %s
Timeout 60

IMAPStore far
Account restante

MaildirStore near
Path %s/
Inbox %s/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`

// mbsync keeps a copy of an account in Maildirs.
type mbsync struct {
	t             *testing.T
	program       string
	dir, rc, mail string
}

func newMbsync(t *testing.T, c *clustertest.Cluster, user string) mbsync {
	t.Helper()
	m := mbsync{t: t, program: binary.Need(t, "mbsync", "isync"), dir: t.TempDir()}
	m.rc, m.mail = filepath.Join(m.dir, "mbsyncrc"), filepath.Join(m.dir, "mail")
	if err := os.Mkdir(m.mail, 0o700); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(c.Balancer.IMAPS, ":")
	if err := os.WriteFile(m.rc, fmt.Appendf(nil, mbsyncConfig, port, user, password, c.Nodes[0].CA, m.mail, m.mail), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// sync runs it until it has come through once.
func (m mbsync) sync() {
	m.t.Helper()
	binary.Eventually(m.t, "mbsync comes through", func() error {
		cmd := exec.CommandContext(m.t.Context(), m.program, "-c", m.rc, "all")
		cmd.Env = append(os.Environ(), "HOME="+m.dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
}

var tokenLine = regexp.MustCompile(`(?m)^X-Token: (\S+)`)

// tokens counts the copies by their tokens.
func (m mbsync) tokens() map[string]int {
	m.t.Helper()
	all := make(map[string]int)
	files, err := filepath.Glob(filepath.Join(m.mail, "INBOX", "*", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			m.t.Fatal(err)
		}
		if found := tokenLine.FindSubmatch(text); found != nil {
			all[string(found[1])]++
		}
	}
	return all
}
