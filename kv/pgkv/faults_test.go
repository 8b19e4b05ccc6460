package pgkv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// throughProxy opens a store whose connections can be broken.
func throughProxy(t testing.TB, server *pgtest.Server, url string) (*Store, *pgtest.Proxy) {
	t.Helper()
	proxy := pgtest.NewProxy(t, server.Port)
	s := open(t, by(proxy, server, url))
	t.Cleanup(func() { s.Close() })
	return s, proxy
}

// by is the URL of a server's database over a proxy.
func by(proxy *pgtest.Proxy, server *pgtest.Server, url string) string {
	return strings.Replace(url, fmt.Sprint(":", server.Port, "/"), fmt.Sprint(":", proxy.Port, "/"), 1)
}

// TestLostAnswer loses the answer to a commit that was done, and to one that was
// not: the caller is told the truth.
func TestLostAnswer(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	proxy := pgtest.NewProxy(t, server.Port)
	// A connection that does not know the statements of a commit has to hear of them before
	// it sends one. There is one connection, of which nobody else makes use.
	s, err := Open(t.Context(), Options{URL: by(proxy, server, url), Readers: 1, Writers: 1, Patience: time.Minute, Bus: new(flakyBus)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	watcher := open(t, url)
	defer watcher.Close()
	mustCommit(t, s, 1, 0, "k0")
	mustCommit(t, s, 1, 1, "k1") // the first of a partition is made otherwise
	const base = 3
	result := make(chan error, 1)
	proxy.Mute(true)
	go func() {
		_, err := s.Commit(context.Background(), 1, base-1, one("k2"), kv.Durable)
		result <- err
	}()
	for versionOf(t, watcher, 1) < base {
		time.Sleep(time.Millisecond) // between questions
	}
	proxy.Mute(false)
	proxy.Cut()
	if err := <-result; err != nil {
		t.Fatalf("a commit that was done is answered with %v", err)
	}
	if s.Stats().Unknown != 1 {
		t.Error("the answer was not lost")
	}
	before := keys(t, watcher, 1)

	// A commit of another node takes its place while it is on its way.
	proxy.Down(true)
	proxy.Cut()
	go func() {
		_, err := s.Commit(context.Background(), 1, base, one("k3"), kv.Durable)
		result <- err
	}()
	mustCommit(t, watcher, 1, base, "other")
	proxy.Down(false)
	if err := <-result; !errors.Is(err, kv.ErrConflict) {
		t.Fatalf("a commit that came too late: %v", err)
	}
	if got := keys(t, watcher, 1); got != before+" other" {
		t.Errorf("keys %q", got)
	}
}

// TestUnreachable answers with restante.ErrUnavailable once patience has ended.
func TestUnreachable(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	patient, proxy := throughProxy(t, server, server.Database(t))
	mustCommit(t, patient, 1, 0, "first")
	s := impatient(t, patient.options, 2*time.Second)
	proxy.Down(true)
	proxy.Cut()
	if _, err := s.Commit(t.Context(), 1, 1, one("x"), kv.Durable); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Snapshot(t.Context(), 1); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("snapshot: %v", err)
	}
	proxy.Down(false)
	if v := versionOf(t, patient, 1); v != 1 {
		t.Errorf("version %d", v)
	}
}

// TestSnapshotGoesOn breaks the connection under a snapshot: it shows the same
// over another one, unless the partition has changed.
func TestSnapshotGoesOn(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	s, proxy := throughProxy(t, server, url)
	b := new(kv.Batch)
	for i := range 1000 {
		b.Set(fmt.Appendf(nil, "%04d", i), make([]byte, 100))
	}
	if _, err := s.Commit(t.Context(), 1, 0, b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	it := snap.Scan(nil, nil)
	n := 0
	for it.Next() {
		if n++; n%300 == 0 {
			proxy.Cut()
		}
	}
	if it.Err() != nil || n != 1000 {
		t.Fatalf("%d rows, %v", n, it.Err())
	}
	other := open(t, url)
	defer other.Close()
	mustCommit(t, other, 1, 1, "more")
	proxy.Cut()
	if _, err := snap.Get([]byte("0001"), nil); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("what is no more is read: %v", err)
	}
}

// TestChaos commits through connections that break and a server that is killed
// again and again, and compares what was answered with what is there: what was
// acknowledged is there once, what was refused is not, and every version is of one
// commit.
func TestChaos(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	var nodes []*Store
	var proxies []*pgtest.Proxy
	for range 2 {
		s, p := throughProxy(t, server, url)
		nodes, proxies = append(nodes, s), append(proxies, p)
	}
	var stop atomic.Bool
	var mu sync.Mutex
	acked, refused := map[string]kv.Version{}, map[string]bool{}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			s := nodes[w%2]
			for n := 0; !stop.Load(); n++ {
				key := fmt.Sprintf("%d-%d", w, n)
				snap, err := s.Snapshot(context.Background(), 7)
				if err != nil {
					continue
				}
				base := snap.Version()
				snap.Close()
				v, err := s.Commit(context.Background(), 7, base, one(key), kv.Durable)
				mu.Lock()
				switch {
				case err == nil:
					acked[key] = v
				case errors.Is(err, kv.ErrConflict):
					refused[key] = true
				default:
					t.Errorf("%s: %v", key, err) // patience is longer than any fault here
				}
				mu.Unlock()
			}
		})
	}
	rng := rand.New(rand.NewPCG(1, 1))
	faults(t, rng, server, proxies, 30)
	stop.Store(true)
	workers.Wait()
	there := map[string]bool{}
	for _, k := range strings.Fields(keys(t, nodes[0], 7)) {
		there[k] = true
	}
	versions := map[kv.Version]string{}
	for k, v := range acked {
		if !there[k] {
			t.Errorf("%s was acknowledged and is not there", k)
		}
		if other, twice := versions[v]; twice {
			t.Errorf("%s and %s both made version %d", k, other, v)
		}
		versions[v] = k
	}
	for k := range refused {
		if there[k] {
			t.Errorf("%s was refused and is there", k)
		}
	}
	if len(there) != len(acked) {
		t.Errorf("%d keys are there, %d were acknowledged", len(there), len(acked))
	}
	t.Logf("%d acknowledged, %d refused", len(acked), len(refused))
}

// faults breaks connections, some with their answers lost, and kills the server now
// and then.
func faults(t *testing.T, rng *rand.Rand, server *pgtest.Server, proxies []*pgtest.Proxy, rounds int) {
	t.Helper()
	for round := range rounds {
		time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond) // between faults; nothing is waited for
		switch p := proxies[rng.IntN(len(proxies))]; {
		case round%7 == 6:
			server.Kill()
			server.Run(t)
		case round%2 == 0:
			p.Mute(true)
			time.Sleep(5 * time.Millisecond)
			p.Cut()
			p.Mute(false)
		default:
			p.Cut()
		}
	}
}

func one(key string) *kv.Batch {
	b := new(kv.Batch)
	b.Set([]byte(key), []byte("v"))
	return b
}

func mustCommit(t testing.TB, s *Store, p kv.Partition, base kv.Version, key string) {
	t.Helper()
	if _, err := s.Commit(t.Context(), p, base, one(key), kv.Durable); err != nil {
		t.Fatal(err)
	}
}

func versionOf(t testing.TB, s *Store, p kv.Partition) kv.Version {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	return snap.Version()
}

// keys gives the keys of a partition, spaced.
func keys(t testing.TB, s *Store, p kv.Partition) string {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var all []string
	it := snap.Scan(nil, nil)
	for it.Next() {
		all = append(all, string(it.Key()))
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}
