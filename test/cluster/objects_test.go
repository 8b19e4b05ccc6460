package cluster_test

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// smallCache is the node whose cache of bodies is on a disk that is smaller than the
// cache may become.
const smallCache = 0

// letterOf makes a message of about size bytes.
func letterOf(name string, size int) []byte {
	return fmt.Appendf(nil, "From: a@example.com\r\nSubject: %s\r\n\r\n%s", name, strings.Repeat(name+" says something.\r\n", size/(len(name)+18)))
}

const large = 300 << 10 // above what is kept in the database

// stopObjects stops object storage: what lies in the database is served on, what does not
// is refused as unavailable, and deliveries that need it are to be tried again.
func stopObjects(t *testing.T, c *clustertest.Cluster, w *crew) {
	const user = "objects@example.org"
	c.AddUser(t, user, password)
	client := w.mustLogin(1, user)
	defer client.Close()
	must := func(_ imapclient.Reply, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range [][]byte{letterOf("small", 1000), letterOf("large", large)} {
		if _, _, err := client.Append("INBOX", "", m); err != nil {
			t.Fatal(err)
		}
	}
	fresh := w.mustLogin(2, user) // nothing is cached there
	defer fresh.Close()
	must(fresh.Do("SELECT INBOX"))

	c.S3.Stop()
	stopped := time.Now()
	must(fresh.Do("FETCH 1 (BODY.PEEK[] FLAGS)"))
	must(fresh.Do("FETCH 1:2 (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])"))
	must(fresh.Do(`STORE 2 +FLAGS (\Flagged)`))
	unavailable(t, second(fresh.Do("FETCH 2 BODY.PEEK[]")))
	_, _, err := fresh.Append("INBOX", "", letterOf("refused", large))
	unavailable(t, err)
	var reply *textproto.Error
	if err := lmtpclient.Deliver(c.Nodes[2].LMTP, "a@example.com", user, letterOf("later", large)); !errors.As(err, &reply) || reply.Code != 451 {
		t.Errorf("a large delivery without object storage: %v", err)
	}
	if err := lmtpclient.Deliver(c.Nodes[2].LMTP, "a@example.com", user, letterOf("now", 1000)); err != nil {
		t.Errorf("a small delivery without object storage: %v", err)
	}
	w.progress(20, 0, 1, 2)
	if rest := outage() - time.Since(stopped); rest > 0 {
		<-time.After(rest)
	}
	c.S3.Restart(t)
	if err := lmtpclient.Deliver(c.Nodes[2].LMTP, "a@example.com", user, letterOf("later", large)); err != nil {
		t.Errorf("a large delivery with object storage again: %v", err)
	}
	hasAll(t, fresh, "small", "large", "now", "later")
}

func second[T any](_ T, err error) error { return err }

// unavailable fails the test unless a command was refused for now.
func unavailable(t *testing.T, err error) {
	t.Helper()
	var refused *imapclient.RefusedError
	if !errors.As(err, &refused) || refused.Status != "NO" || !strings.HasPrefix(refused.Text, "[UNAVAILABLE]") {
		t.Errorf("without object storage: %v", err)
	}
}

// hasAll fails the test unless the INBOX holds just the messages that letterOf makes of
// these names, in this order.
func hasAll(t *testing.T, c *imapclient.Client, names ...string) {
	t.Helper()
	messages, err := c.Messages("INBOX", "BODY.PEEK[]")
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != len(names) {
		t.Fatalf("%d messages are there, not %d", len(messages), len(names))
	}
	for i, name := range names {
		size := large
		if name == "small" || name == "now" {
			size = 1000
		}
		if !strings.HasSuffix(messages[i].Item, string(letterOf(name, size))) {
			t.Errorf("message %d, of %d bytes, is not %q", i+1, len(messages[i].Item), name)
		}
	}
}

// fillCache gives the fault of a full disk under a node's cache: more bodies are read
// than it holds.
func fillCache(disk string) func(*testing.T, *clustertest.Cluster, *crew) {
	return func(t *testing.T, c *clustertest.Cluster, w *crew) {
		readMuch(t, c, w)
		var free syscall.Statfs_t
		if err := syscall.Statfs(disk, &free); err != nil {
			t.Fatal(err)
		}
		if left := int64(free.Bavail) * int64(free.Bsize); left > 2*large {
			t.Errorf("the disk of the cache has %d bytes left", left)
		}
	}
}

func readMuch(t *testing.T, c *clustertest.Cluster, w *crew) {
	t.Helper()
	const user = "cache@example.org"
	c.AddUser(t, user, password)
	client := w.mustLogin(1, user)
	defer client.Close()
	var names []string
	for i := range 30 { // 9 MiB
		names = append(names, fmt.Sprint("large", i))
		if _, _, err := client.Append("INBOX", "", letterOf(names[i], large)); err != nil {
			t.Fatal(err)
		}
	}
	reader := w.mustLogin(smallCache, user)
	defer reader.Close()
	for range 3 {
		hasAll(t, reader, names...)
	}
}
