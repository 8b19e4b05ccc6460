package mailstore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pgkv"
)

// TestTwoNodesDeliver: of two nodes that deliver to one account as fast as they can
// both make progress: neither meets so many conflicts that a delivery fails, and while
// one goes on the other comes to its goal.
func TestTwoNodesDeliver(t *testing.T) {
	if !pgtest.Required() {
		t.Skip("needs PostgreSQL: RESTANTE_SERVERS=required")
	}
	url := pgtest.Start(t).Database(t)
	var nodes [2]kv.Store
	for i := range nodes {
		s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		nodes[i] = s
	}
	testFairness(t, nodes)
}

func testFairness(t *testing.T, engines [2]kv.Store) {
	var stores [2]*Store
	var accounts [2]*Account
	for i, engine := range engines {
		var err error
		if stores[i], err = Open(t.Context(), Options{KV: engine}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stores[i].Close() })
	}
	id, err := stores[0].CreateAccount(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for i := range accounts {
		if accounts[i], err = stores[i].Account(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		defer accounts[i].Release()
	}
	for _, workers := range []int{1, 8} {
		const goal = 100 // of each node; both go on until both have it
		var done [2]atomic.Int64
		var longest [2]atomic.Int64
		var wg sync.WaitGroup
		for i := range 2 * workers {
			node := i % 2
			a := accounts[node]
			inbox := a.State().MailboxByName("INBOX").ID
			wg.Go(func() {
				for n := 0; min(done[0].Load(), done[1].Load()) < goal && !t.Failed(); n++ {
					began := time.Now()
					if _, err := tryAppend(t.Context(), a, inbox, nil, fmt.Sprintf("Subject: %d %d\r\n\r\nx", i, n)); err != nil {
						t.Error(err)
						return
					}
					done[node].Add(1)
					if d := int64(time.Since(began)); d > longest[node].Load() {
						longest[node].Store(d)
					}
				}
			})
		}
		wg.Wait()
		one, two := done[0].Load(), done[1].Load()
		t.Logf("%d deliverers a node: %d and %d messages, the longest took %v and %v; conflicts %d and %d", workers, one, two,
			time.Duration(longest[0].Load()), time.Duration(longest[1].Load()), stores[0].Stats().Conflicts, stores[1].Stats().Conflicts)
	}
}
