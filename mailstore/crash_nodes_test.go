package mailstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
)

// onTwoNodes runs a test over two engines that share what they hold: in memory, and
// over PostgreSQL where that is required.
func onTwoNodes(t *testing.T, test func(t *testing.T, one, two kv.Store)) {
	t.Run("memkv", func(t *testing.T) {
		backing := memkv.NewBacking()
		test(t, backing.Open(), backing.Open())
	})
	if !pgtest.Required() { // it would make go test too long
		return
	}
	t.Run("pgkv", func(t *testing.T) {
		url := pgtest.Start(t, "fsync = off").Database(t)
		var engines []kv.Store
		for range 2 {
			s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			engines = append(engines, s)
		}
		test(t, engines[0], engines[1])
	})
}

// TestRandomOnTwoNodes runs random operations on one account by two stores in
// turn, each of which refreshes its state before it works.
func TestRandomOnTwoNodes(t *testing.T) { onTwoNodes(t, randomOnTwoNodes) }

func randomOnTwoNodes(t *testing.T, one, two kv.Store) {
	rng := rand.New(rand.NewPCG(1, 5))
	store, first := keepAccount(t, one, 0)
	other, second := keepAccount(t, two, first.ID())
	nodes := []*mailstore.Account{first, second}
	m := newModel()
	if err := m.adopt(first.State()); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		a := nodes[rng.IntN(2)]
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		m = randomStep(rng, m, i%100 == 0).take(t, t.Context(), a, m)
		if rng.IntN(20) > 0 {
			continue
		}
		for k, a := range nodes {
			if err := a.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			mustMatch(t, a, m, fmt.Sprintf("step %d, node %d", i, k))
			compareSearch(t, rng, a, m)
			compareVanished(t, rng, a, m)
		}
	}
	mailstoretest.MustCheck(t, store)
	mailstoretest.MustCheck(t, other)
}

// TestConcurrentNodes lets goroutines on two nodes change one account at once:
// what was acknowledged adds up, and the store is sound, also while they run.
func TestConcurrentNodes(t *testing.T) { onTwoNodes(t, concurrentNodes) }

func concurrentNodes(t *testing.T, one, two kv.Store) {
	store, first := keepAccount(t, one, 0)
	_, second := keepAccount(t, two, first.ID())
	if _, err := first.CreateMailbox(t.Context(), "Other", nil); err != nil {
		t.Fatal(err)
	}
	var appended, copied, expunged atomic.Int64
	var wg sync.WaitGroup
	for i, a := range []*mailstore.Account{first, second, first, second} {
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		inbox, other := idOf(a, "INBOX"), idOf(a, "Other")
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 6))
			for range 60 {
				if err := concurrentStep(t.Context(), rng, a, inbox, other, &appended, &copied, &expunged); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			mailstoretest.MustCheck(t, store)
		}
	})
	wg.Wait()
	if err := first.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := first.State().Usage().Messages, appended.Load()+copied.Load()-expunged.Load(); got != want {
		t.Errorf("%d messages, want %d appended and %d copied less %d expunged", got, appended.Load(), copied.Load(), expunged.Load())
	}
	if _, err := dumpAccount(t.Context(), first); err != nil {
		t.Error(err)
	}
	mailstoretest.MustCheck(t, store)
}

func concurrentStep(
	ctx context.Context, rng *rand.Rand, a *mailstore.Account, inbox, other restante.MailboxID, appended, copied, expunged *atomic.Int64,
) error {
	some := mailstore.UIDSet{{First: restante.UID(1 + rng.IntN(80)), Last: restante.UID(80 + rng.IntN(40))}}
	switch rng.IntN(5) {
	case 0, 1:
		p := a.BeginAppend(ctx)
		defer p.Abort()
		_, content := randomContent(rng, false)
		w, err := p.Message(mailstore.NewMessage{})
		if err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
		if _, err := p.Commit(ctx, inbox); err != nil {
			return err
		}
		appended.Add(1)
	case 2:
		_, err := a.StoreFlags(ctx, inbox, some, mailstore.FlagOp(1+rng.IntN(2)), randomFlags(rng), nil)
		return err
	case 3:
		r, err := a.Copy(ctx, inbox, some, other)
		copied.Add(r.To.Count())
		return err
	case 4:
		r, err := a.Expunge(ctx, inbox, nil)
		expunged.Add(r.UIDs.Count())
		return err
	}
	return nil
}

// TestStoreUnchangedSince holds UNCHANGEDSINCE (RFC 7162 §3.1.3) against the
// model: messages changed later are left alone and told.
func TestStoreUnchangedSince(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	store, a := keepAccount(t, memkv.New(), 0)
	m := newModel()
	if err := m.adopt(a.State()); err != nil {
		t.Fatal(err)
	}
	inbox := idOf(a, "INBOX")
	for range 200 {
		m = randomStep(rng, m, false).take(t, t.Context(), a, m)
		uids, op, flags := randomUIDs(rng, m, "INBOX"), mailstore.FlagOp(rng.IntN(3)), randomFlags(rng)
		since := restante.ModSeq(rng.Int64N(int64(a.State().ModSeq()) + 1))
		next := m.clone()
		var pass, fail []mailstore.UIDRange
		for _, msg := range next.boxes["INBOX"].messages {
			switch r := (mailstore.UIDRange{First: msg.uid, Last: msg.uid}); {
			case !uids.Contains(msg.uid):
			case msg.modSeq > since:
				fail = append(fail, r)
			default:
				pass = append(pass, r)
			}
		}
		if err := next.store("INBOX", mailstore.NewUIDSet(pass), op, flags); err != nil {
			t.Fatal(err)
		}
		r, err := a.StoreFlags(t.Context(), inbox, uids, op, flags, &mailstore.Unchanged{Since: since})
		if err != nil || fmt.Sprint(r.Modified) != fmt.Sprint(mailstore.NewUIDSet(fail)) {
			t.Fatalf("%v: modified %v, want %v", err, r.Modified, fail)
		}
		if err := next.adopt(a.State()); err != nil {
			t.Fatal(err)
		}
		m = next
		mustMatch(t, a, m, "after a conditional store")
	}
	mailstoretest.MustCheck(t, store)
	if _, err := a.StoreFlags(t.Context(), 1<<40, nil, mailstore.AddFlags, nil, nil); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
}
