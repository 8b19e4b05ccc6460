package cluster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
)

// longEnv names the environment variable that has what is down be down for a minute.
const longEnv = "RESTANTE_LONG"

// outage is how long something is down that is to be down for long.
func outage() time.Duration {
	if os.Getenv(longEnv) != "" {
		return time.Minute
	}
	return 12 * time.Second
}

// TestFaults makes one thing after the other fail while mail comes in and clients
// work, and verifies after each that what was acknowledged is there once, that no UID
// has two messages, and that nothing went back.
func TestFaults(t *testing.T) {
	needAll(t)
	small := binary.SmallDisk(t, 4)
	c := start(t, clustertest.Options{Standby: true, NATS: true, S3: true, NodeConfig: func(node int) string {
		if node != smallCache {
			return ""
		}
		return fmt.Sprintf("blobs.cache_directory = %q\n", filepath.Join(small, "cache"))
	}})
	for _, fault := range []struct {
		name string
		run  func(*testing.T, *clustertest.Cluster, *crew)
	}{
		{"Kill", killNode},
		{"Restart", restartDatabase},
		{"Crash", crashDatabase},
		{"CutOff", cutOffNode},
		{"Silence", silenceNode},
		{"Pause", pauseNode},
		{"Bus", loseBus},
		{"Objects", stopObjects},
		{"CacheFull", fillCache(small)},
		{"FailOver", failOver}, // last: there is no standby after it
	} {
		t.Run(fault.name, func(t *testing.T) {
			w := startCrew(t, c, fault.name)
			w.progress(20, 0, 1, 2)
			fault.run(t, c, w)
			w.progress(20, 0, 1, 2)
			w.verify()
		})
		if t.Failed() {
			return
		}
	}
}

// killNode kills a node, and starts it again while the others go on.
func killNode(t *testing.T, c *clustertest.Cluster, w *crew) {
	c.Nodes[1].Kill(t)
	w.progress(20, 0, 2)
	c.Nodes[1].Run(t)
}

// restartDatabase stops the primary as an administrator does, and starts it again.
func restartDatabase(t *testing.T, c *clustertest.Cluster, _ *crew) {
	c.Primary.Stop()
	c.Primary.Run(t)
}

// crashDatabase kills the primary and starts it again.
func crashDatabase(t *testing.T, c *clustertest.Cluster, _ *crew) {
	c.Primary.Kill()
	c.Primary.Run(t)
}

// cutOffNode breaks a node's connections to the database, for longer than its
// commands wait.
func cutOffNode(_ *testing.T, c *clustertest.Cluster, w *crew) {
	c.Nodes[2].CutOff(false)
	<-time.After(outage())
	w.progress(20, 0, 1)
	c.Nodes[2].Reconnect()
}

// silenceNode has nothing more come from the database to a node.
func silenceNode(_ *testing.T, c *clustertest.Cluster, w *crew) {
	c.Nodes[2].CutOff(true)
	<-time.After(outage())
	w.progress(20, 0, 1)
	c.Nodes[2].Reconnect()
}

// pauseNode stops a node while others take its accounts over, and has it go on.
func pauseNode(t *testing.T, c *clustertest.Cluster, w *crew) {
	c.Nodes[0].Pause(t)
	<-time.After(outage())
	w.progress(20, 1, 2)
	c.Nodes[0].Resume(t)
}

// loseBus kills the NATS server and starts it again after a while.
func loseBus(t *testing.T, c *clustertest.Cluster, w *crew) {
	c.NATS.Kill()
	w.progress(50, 0, 1, 2)
	c.NATS.Run(t)
}

// failOver has nothing come through to the standby for longer than commands wait, kills
// the primary, and promotes the standby: what only the primary had was not acknowledged.
func failOver(t *testing.T, c *clustertest.Cluster, _ *crew) {
	c.Standby.Link.Mute(true)
	<-time.After(outage())
	before := time.Now()
	c.FailOver(t)
	t.Logf("the standby took over after %v", time.Since(before))
}
