package mailstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
)

// TestThreadCacheIsTrue has two nodes append, replace and remove messages that share a few
// ids, and compares what each node remembers with the rows after each step.
func TestThreadCacheIsTrue(t *testing.T) {
	f := newFixture(t, Options{})
	nodes := [...]*fixture{f, f.node()}
	rng := rand.New(rand.NewPCG(1, 2))
	id := func() string { return fmt.Sprintf("<%d@x>", rng.IntN(30)) }
	message := func() string {
		m := "Message-ID: " + id() + "\r\n"
		if rng.IntN(2) == 0 {
			m += "References: " + strings.Repeat(id()+" ", rng.IntN(4)) + id() + "\r\n"
		}
		return m + "\r\n" + fmt.Sprint(rng.Uint64())
	}
	held := [len(nodes)]int{}
	for step := range 1500 {
		node := nodes[0]
		if step%50 == 0 { // so that the first has the time to remember
			node = nodes[1]
		}
		ctx, s := t.Context(), node.snapshot(f.inbox)
		var uid restante.UID
		if s.Len() > 0 {
			uid = s.At(1 + rng.IntN(s.Len())).UID
		}
		var err error
		switch n := rng.IntN(10); {
		case n < 4 || s.Len() < 5:
			_, err = tryAppend(ctx, node.Account, f.inbox, nil, message())
		case n < 5:
			_, err = tryAppend(ctx, node.Account, f.inbox, nil, message(), message(), message())
		case n < 6:
			err = node.replaceWith(uid, message())
		case n < 9:
			_, err = node.Remove(ctx, f.inbox, uid)
		default:
			if s.Len() > 20 {
				_, err = node.StoreFlags(ctx, f.inbox, nil, AddFlags, []string{`\Deleted`}, nil)
				if err == nil {
					_, err = node.Expunge(ctx, f.inbox, nil)
				}
			}
		}
		if err != nil && !errors.Is(err, restante.ErrExpunged) { // by the other node, of which this one had not heard
			t.Fatalf("step %d: %v", step, err)
		}
		for i, node := range nodes {
			if checkThreadCache(t, node.Account) {
				held[i]++
			}
		}
		if t.Failed() {
			t.Fatalf("step %d", step)
		}
	}
	if held[0] < 500 {
		t.Errorf("the first node remembered threads after %d steps of 1500", held[0])
	}
}

// replaceWith puts a message in the place of another one.
func (f *fixture) replaceWith(uid restante.UID, message string) error {
	p := f.BeginAppend(f.t.Context())
	defer p.Abort()
	if err := p.Replace(f.t.Context(), f.inbox, uid); err != nil {
		return err
	}
	w, err := p.Message(NewMessage{})
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(message)); err != nil {
		return err
	}
	_, err = p.Commit(f.t.Context(), f.inbox)
	return err
}

// checkThreadCache compares what an account remembers of its threads with the rows, and
// reports whether it remembers anything.
func checkThreadCache(t *testing.T, a *Account) bool {
	t.Helper()
	a.writer.Lock()
	defer a.writer.Unlock()
	snap, err := a.store.kv.Snapshot(t.Context(), a.partition())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	c := &a.writer.threads
	if c.known == nil || c.asOf != snap.Version() {
		return false
	}
	rows := make(map[uint64]restante.ThreadID)
	it := snap.Scan(kindRange(kindThread))
	defer it.Close()
	for it.Next() {
		hash, _, _ := keyNumber(it.Key())
		thread, err := threadOfRow(it.Key(), it.Value())
		if err != nil {
			t.Fatal(err)
		}
		if rows[hash] == 0 {
			rows[hash] = thread
		}
		if known, ok := c.known[hash]; !ok || known != 0 && known != rows[hash] {
			t.Errorf("hash %x: thread %d (%v), and %d in the rows", hash, known, ok, rows[hash])
		}
	}
	for hash, thread := range c.known {
		if thread != 0 && rows[hash] != thread {
			t.Errorf("hash %x: thread %d, and %d in the rows", hash, thread, rows[hash])
		}
	}
	return true
}

// TestThreadCacheSavesLooks holds that an account that has been looked through for threads a
// few times is not any more, and that what it remembers counts as its memory.
func TestThreadCacheSavesLooks(t *testing.T) {
	engine := countkv.New(memkv.New())
	f := newFixture(t, Options{KV: engine})
	reply := func(n, to int) string {
		return fmt.Sprintf("Message-ID: <%d@x>\r\nIn-Reply-To: <%d@x>\r\n\r\n%d", n, to, n)
	}
	const messages = 40
	for n := range messages {
		f.append(f.inbox, nil, reply(n, n-1))
	}
	before := f.weight()
	engine.Take()
	for n := range messages {
		f.append(f.inbox, nil, reply(messages+n, n))
	}
	count := engine.Take()
	if commits := count["commit account"].N; commits != messages || count["look account"].N+count["snapshot account"].N != 0 {
		t.Errorf("%d replies cost %v", messages, count)
	}
	s := f.snapshot(f.inbox)
	for i := range s.Len() {
		if got := s.At(i + 1).ThreadID; got != 1 {
			t.Errorf("message %d is of thread %d", i+1, got)
		}
	}
	if after := f.weight(); after < before+messages*threadCacheEntry {
		t.Errorf("with %d messages more the account weighs %d bytes, before %d", messages, after, before)
	}
}

// TestThreadCacheIsBounded holds that an account of very many messages has no cache.
func TestThreadCacheIsBounded(t *testing.T) {
	var c threadCache
	for range 10 * maxThreadedMessages {
		if c.due(maxThreadedMessages + 1) {
			t.Fatal("a cache is due")
		}
	}
	c.known, c.asOf = make(map[uint64]restante.ThreadID), 1
	tx := &txn{base: &State{version: 1}}
	for h := range uint64(maxThreadHashesKept + 1) {
		tx.threaded = append(tx.threaded, threadedHash{h, 1})
	}
	if c.commit(tx, 2); c.known != nil || c.weight() != 0 {
		t.Errorf("%d hashes are kept, %d bytes", len(c.known), c.weight())
	}
}
