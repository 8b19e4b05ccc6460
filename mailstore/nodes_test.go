package mailstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/notify"
)

// TestNodes changes one account through two stores that do not know of each
// other.
func TestNodes(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 600)...)
	g := f.node()
	g.snapshot(g.inbox)
	f.snapshot(f.inbox)
	before := f.snapshot(f.inbox)

	if _, err := g.StoreFlags(t.Context(), g.inbox, uids(300, 300), AddFlags, []string{"fromG"}, nil); err != nil {
		t.Fatal(err)
	}
	// f does not know yet, computes from old state, and is told by the engine.
	f.append(f.inbox, []string{"fromF"}, message1(600))
	after := f.snapshot(f.inbox)
	if after.Len() != 601 || string(after.Flags().Set(after.At(300).FlagSet).Wire) != "fromG" {
		t.Fatal("the other node's change was lost")
	}
	if before.Pages()[0] != after.Pages()[0] || before.Pages()[1] == after.Pages()[1] {
		t.Error("pages that have not changed must keep their pointers, and only those")
	}
	if err := g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := g.snapshot(g.inbox); got.Len() != 601 || string(got.Flags().Set(got.At(601).FlagSet).Wire) != "fromF" {
		t.Error("refresh shows old state")
	}
	if err := g.RenameMailbox(t.Context(), "inbox", "Old"); err != nil {
		t.Fatal(err)
	}
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.State().MailboxByName("Old") == nil || f.snapshot(f.inbox).Len() != 0 {
		t.Error("refresh does not show the rename")
	}
}

func TestWatchTellsSubscribers(t *testing.T) {
	f := newFixture(t, Options{})
	g := f.node()
	events := make(chan notify.Event, 16)
	cancel := g.Subscribe(func(e notify.Event) { events <- e })
	defer cancel()
	f.append(f.inbox, nil, "x")
	e := <-events
	if e.Account != f.ID() || !slices.Equal(e.Mailboxes, []restante.MailboxID{f.inbox}) || e.Structure || e.ModSeq != f.State().ModSeq() {
		t.Errorf("%+v", e)
	}
	if g.State().Mailbox(f.inbox).Messages != 1 {
		t.Error("the event came before the state")
	}
	f.create("new")
	if e := <-events; !e.Structure {
		t.Errorf("%+v", e)
	}
	if err := f.store.RemoveAccount(t.Context(), f.ID()); err != nil {
		t.Fatal(err)
	}
	if e := <-events; !e.Removed {
		t.Errorf("%+v", e)
	}
	if _, err := g.Snapshot(t.Context(), f.inbox); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
}

// TestConflicts lets another node commit just before each of our commits, a
// few times in a row.
func TestConflicts(t *testing.T) {
	f := newFixture(t, Options{})
	g := f.node()
	n := 0
	f.engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error {
		if n++; n%4 != 0 {
			g.append(g.inbox, []string{fmt.Sprint("g", n)}, message1(n))
		}
		return nil
	}})
	for i := range 10 {
		f.append(f.inbox, []string{fmt.Sprint("f", i)}, message1(1000+i))
	}
	f.engine.Inject(memkv.Faults{})
	if s := f.snapshot(f.inbox); s.Len() != 10+30 {
		t.Errorf("%d messages", s.Len())
	}
	// A node that is always too late gives up at last.
	f.engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return kv.ErrConflict }})
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, "x"); !errors.Is(err, restante.ErrUnavailable) {
		t.Error(err)
	}
	f.engine.Inject(memkv.Faults{})
}

// TestConcurrent has many goroutines on one account, on two nodes.
func TestConcurrent(t *testing.T) {
	f := newFixture(t, Options{})
	nodes := []*fixture{f, f.node()}
	work := f.create("work").ID
	if err := nodes[1].Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	const each = 20
	var appended, moved atomic.Int64
	for i := range 8 {
		n := nodes[i%2]
		wg.Go(func() {
			for j := range each {
				if _, err := tryAppend(t.Context(), n.Account, n.inbox, []string{fmt.Sprint("k", i)}, message1(i*each+j)); err != nil {
					t.Error(err)
					return
				}
				appended.Add(1)
				s, err := n.Snapshot(t.Context(), n.inbox)
				if err != nil {
					t.Error(err)
					return
				}
				for _, p := range s.Pages() {
					p.Message(p.Len() - 1)
				}
				if j%5 == 4 && s.Len() > 0 {
					r, err := n.Move(t.Context(), n.inbox, uids(s.Last(), s.Last()), work)
					if err != nil {
						t.Error(err)
						return
					}
					moved.Add(r.From.Count())
				}
				if _, err := n.StoreFlags(t.Context(), n.inbox, uids(1, 50), FlagOp(1+j%2), []string{`\Seen`}, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, n := range nodes {
		if err := n.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.sameAsStored()
		if in, out := n.snapshot(n.inbox).Len(), n.snapshot(work).Len(); int64(in+out) != appended.Load() || int64(out) != moved.Load() {
			t.Errorf("%d + %d messages, appended %d, moved %d", in, out, appended.Load(), moved.Load())
		}
	}
}

// TestAppendsShareCommits holds one commit back until others wait behind it.
func TestAppendsShareCommits(t *testing.T) {
	f := newFixture(t, Options{})
	const n = 10
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error {
		once.Do(func() { close(started); <-release })
		return nil
	}})
	before := f.engine.Commits()
	var wg sync.WaitGroup
	results := make([]AppendResult, n)
	run := func(i int, mb restante.MailboxID) {
		wg.Go(func() {
			r, err := tryAppend(t.Context(), f.Account, mb, nil, messages(10*i, 10*i+3)...)
			if (mb == f.inbox) != (err == nil) {
				t.Error(err)
			}
			results[i] = r
		})
	}
	run(0, f.inbox)
	<-started
	for i := 1; i < n-1; i++ {
		run(i, f.inbox)
	}
	run(n-1, 99) // does not spoil the others
	for f.waiting() < n-1 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	f.engine.Inject(memkv.Faults{})
	if got := f.engine.Commits() - before; got != 2 {
		t.Errorf("%d commits", got)
	}
	s := f.snapshot(f.inbox)
	for i, r := range results[:n-1] {
		if r.Last-r.First != 2 {
			t.Fatalf("%+v", r)
		}
		seq, _ := s.SeqOf(r.First)
		if got := f.text(s.At(seq).EmailID); got != message1(10*i) {
			t.Errorf("append %d got UIDs of %q", i, got)
		}
	}
	f.sameAsStored()
}

func (f *fixture) waiting() int {
	f.appends.Lock()
	defer f.appends.Unlock()
	return len(f.appends.waiting)
}
