package pebblekv

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/restante/restante/kv"
)

// killDir tells the test binary to be the process that is killed.
const killDir = "RESTANTE_TEST_KILL_DIR"

// TestKilled kills a process that commits, and looks for all that it has
// acknowledged, Relaxed commits as well as Durable ones.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		commitUntilKilled(t, dir)
		return
	}
	dir := t.TempDir()
	for round := range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acked := make(map[kv.Partition]kv.Version)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var p kv.Partition
			var v kv.Version
			if _, err := fmt.Sscanf(lines.Text(), "acked %d %d", &p, &v); err != nil {
				t.Fatalf("child says %q", lines.Text())
			}
			acked[p] = v
			if n == 500+round*700 {
				// What it says until the signal arrives counts too.
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		s := open(t, Options{Dir: dir})
		for p, v := range acked {
			expectAtLeast(t, s, p, v)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// expectAtLeast checks that a partition is at v or after, and holds what its
// version wrote.
func expectAtLeast(t *testing.T, s *Store, p kv.Partition, v kv.Version) {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if snap.Version() < v {
		t.Errorf("partition %d is at %d, but %d was acknowledged", p, snap.Version(), v)
	}
	if value, err := snap.Get([]byte("n"), nil); err != nil || string(value) != fmt.Sprint(snap.Version()) {
		t.Errorf("partition %d at %d holds %q, %v", p, snap.Version(), value, err)
	}
	if _, err := snap.Get(fmt.Append(nil, v), nil); err != nil {
		t.Errorf("partition %d: commit %d: %v", p, v, err)
	}
}

func commitUntilKilled(t *testing.T, dir string) {
	s := open(t, Options{Dir: dir})
	for p := range kv.Partition(3) {
		go func() {
			snap, err := s.Snapshot(context.Background(), p)
			if err != nil {
				fmt.Println(err)
				return
			}
			v := snap.Version()
			snap.Close()
			rng := rand.New(rand.NewPCG(uint64(p), uint64(v)))
			for ; ; v++ {
				var b kv.Batch
				b.Set([]byte("n"), fmt.Append(nil, v+1))
				b.Set(fmt.Append(nil, v+1), make([]byte, rng.IntN(3000)))
				d := kv.Relaxed
				if rng.IntN(20) == 0 {
					d = kv.Durable
				}
				if _, err := s.Commit(context.Background(), p, v, &b, d); err != nil {
					fmt.Println(err)
					return
				}
				// One write a line, so that lines do not mix.
				fmt.Printf("acked %d %d\n", p, v+1)
			}
		}()
	}
	select {}
}
