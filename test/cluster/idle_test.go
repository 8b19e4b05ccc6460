package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// TestIdleHearsOfOtherNodes has a client in IDLE on one node hear of what is delivered on
// the others, by either bus, without doing anything. How soon is measured by
// BenchmarkIdleOtherNode of imap/server, on a quiet machine; here it is told, and half of
// them must only be sooner than a node that hears nothing would find out by itself.
func TestIdleHearsOfOtherNodes(t *testing.T) {
	needAll(t)
	for name, nats := range map[string]bool{"NOTIFY": false, "NATS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, clustertest.Options{NATS: nats})
			const user, deliveries = "idle@example.org", 40
			c.AddUser(t, user, password)
			client, err := imapclient.Login(c.Nodes[0].IMAP, nil, user, password)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if _, err := client.Do("SELECT INBOX"); err != nil {
				t.Fatal(err)
			}
			var took []time.Duration
			for n := range deliveries {
				var stored time.Time
				reply, err := client.IdleWhile(binary.Patience, func() {
					node := c.Nodes[1+n%2]
					if err := lmtpclient.Deliver(node.LMTP, "a@example.com", user, letterOf("news", 500)); err != nil {
						t.Fatal(err)
					}
					stored = time.Now()
				})
				if err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(stored))
				if want := fmt.Sprintf("%d EXISTS", n+1); !slices.ContainsFunc(reply.Untagged, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Fatalf("delivery %d was not told of: %q", n+1, reply.Untagged)
				}
			}
			slices.Sort(took)
			if median := took[len(took)/2]; median > 4*time.Second {
				t.Errorf("it took %v in the median", median)
			}
			t.Logf("told after %v in the median, %v at most", took[len(took)/2], took[len(took)-1])
		})
	}
}
