package server

import (
	"fmt"
	"math/rand"
	"strconv"
	"sync"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/mailstore"
)

// believers gives sessions on one mailbox, of clients of every kind, which are
// spread over the nodes.
func believers(t *testing.T, n int, seed int64, nodes ...*host) []*believer {
	all := make([]*believer, n)
	for i := range all {
		b := &believer{client: nodes[i%len(nodes)].login(t, "alice"), t: t, name: fmt.Sprintf("seed %d, client %d", seed, i), rnd: rand.New(rand.NewSource(seed + int64(i)))}
		if i == 0 {
			b.do("o CREATE Other")
		}
		switch i % 4 {
		case 1:
			b.command("ENABLE QRESYNC")
			b.qresync, b.condStore = true, true
		case 2:
			b.command("ENABLE CONDSTORE")
			b.condStore = true
		case 3:
			b.command("ENABLE IMAP4rev2")
		}
		b.command("SELECT INBOX")
		b.learn()
		all[i] = b
	}
	return all
}

// sites are over what the sessions run: one node, or two that share an engine.
func sites(t *testing.T) map[string]func(*testing.T) []*host {
	pair := func(t *testing.T, open func() kv.Store) []*host {
		return []*host{newHost(t, hostOptions{engine: open()}), newHost(t, hostOptions{engine: open()})}
	}
	all := map[string]func(*testing.T) []*host{
		"one node": func(t *testing.T) []*host { return []*host{newHost(t, hostOptions{})} },
		"two nodes": func(t *testing.T) []*host {
			backing := memkv.NewBacking()
			return pair(t, func() kv.Store { return backing.Open() })
		},
	}
	if pgtest.Required() {
		server := pgtest.Start(t, "fsync = off")
		all["two nodes over PostgreSQL"] = func(t *testing.T) []*host {
			url := server.Database(t)
			return pair(t, func() kv.Store {
				s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			})
		}
	}
	return all
}

// TestRandomSessions interleaves the commands of several sessions with
// deliveries, one at a time, so that a seed repeats.
func TestRandomSessions(t *testing.T) {
	for name, site := range sites(t) {
		for seed := int64(1); seed <= 12; seed++ {
			t.Run(name+"/"+strconv.FormatInt(seed, 10), func(t *testing.T) { randomSessions(t, seed, site(t)...) })
		}
	}
}

func randomSessions(t *testing.T, seed int64, nodes ...*host) {
	all := believers(t, 4, seed, nodes...)
	a, err := nodes[0].account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	rnd := rand.New(rand.NewSource(-seed))
	for range 250 {
		if rnd.Intn(6) == 0 {
			if err := nodes[rnd.Intn(len(nodes))].deliver("alice", "INBOX", "Subject: delivered\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		all[rnd.Intn(len(all))].step()
		if rnd.Intn(25) == 0 {
			for _, b := range all {
				b.verify(a)
			}
		}
	}
	for _, b := range all {
		b.verify(a)
	}
}

// TestConcurrentSessions lets the sessions and the deliveries run at once, on
// one node and on two nodes over one store.
func TestConcurrentSessions(t *testing.T) {
	for name, site := range sites(t) {
		for seed := int64(100); seed < 104; seed++ {
			t.Run(name, func(t *testing.T) { concurrentSessions(t, seed, site(t)...) })
		}
	}
}

func concurrentSessions(t *testing.T, seed int64, nodes ...*host) {
	all := believers(t, 6, seed, nodes...)
	a := atOnce(t, nodes, all, 40, func(_ int, b *believer) {
		for range 80 {
			b.step()
		}
	})
	for _, b := range all {
		if !t.Failed() {
			b.verify(a)
		}
	}
}

// atOnce lets all do something while messages are delivered, and answers the account
// that they have in common once all of it is done.
func atOnce(t *testing.T, nodes []*host, all []*believer, deliveries int, do func(i int, b *believer)) *mailstore.Account {
	t.Helper()
	a, err := nodes[0].account("alice")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Release)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range deliveries {
			if err := nodes[i%len(nodes)].deliver("alice", "INBOX", "Subject: delivered\r\n\r\n"); err != nil {
				t.Error(err)
			}
		}
	})
	for i, b := range all {
		wg.Go(func() { do(i, b) })
	}
	wg.Wait()
	return a
}
