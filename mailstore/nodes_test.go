package mailstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
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

// TestUnknownOutcome fails commits before or after they are written: the answer
// and what is shown afterwards are what the engine has.
func TestUnknownOutcome(t *testing.T) {
	broken := errors.New("broken")
	hook := memkv.OnCommit
	for _, written := range []bool{false, true} {
		f := newFixture(t, Options{})
		f.append(f.inbox, nil, messages(0, 3)...)
		faults := memkv.Faults{BeforeCommit: hook(f.engine.Commits()+1, broken)}
		if written {
			faults = memkv.Faults{AfterCommit: hook(f.engine.Commits()+1, broken)}
		}
		f.engine.Inject(faults)
		r, err := tryAppend(t.Context(), f.Account, f.inbox, nil, message1(3))
		want := 3
		if written {
			want = 4
			if err != nil || r.First != 4 {
				t.Fatalf("%+v, %v", r, err)
			}
		} else if !errors.Is(err, restante.ErrUnavailable) || !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if got := f.snapshot(f.inbox).Len(); got != want || int(f.State().Mailbox(f.inbox).Messages) != want {
			t.Errorf("written %v: %d messages, want %d", written, got, want)
		}
		f.append(f.inbox, nil, message1(4))
		f.sameAsStored()
	}
}

// TestUnknownOutcomeUnread is TestUnknownOutcome when the engine cannot be read
// for a while either.
func TestUnknownOutcomeUnread(t *testing.T) {
	f := newFixture(t, Options{})
	broken := errors.New("broken")
	var down atomic.Bool
	f.engine.Inject(memkv.Faults{
		AfterCommit: func(context.Context, memkv.Commit) error {
			if down.Load() {
				return broken
			}
			return nil
		},
		Read: func(kv.Partition, []byte) error {
			if down.Load() {
				return broken
			}
			return nil
		},
	})
	f.append(f.inbox, nil, message1(1))
	down.Store(true)
	for range 2 {
		if err := f.SetSubscribed(t.Context(), "x", true); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	down.Store(false)
	if err := f.Refresh(t.Context()); err != nil || !f.State().Subscribed("x") {
		t.Errorf("what was written is not shown: %v", err)
	}
	f.append(f.inbox, nil, message1(2))
	f.sameAsStored()
}

// TestUnknownOutcomeOfAll fails every commit after it is written: no operation is
// answered with an error, for all of them have happened.
func TestUnknownOutcomeOfAll(t *testing.T) {
	f := newFixture(t, Options{})
	f.engine.Inject(memkv.Faults{AfterCommit: func(context.Context, memkv.Commit) error { return errors.New("broken") }})
	ctx := t.Context()
	f.append(f.inbox, []string{`\Deleted`}, messages(0, 30)...)
	box, err := f.CreateMailbox(ctx, "Box", nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"StoreFlags":    second(f.StoreFlags(ctx, f.inbox, uids(3, 5), AddFlags, []string{"k"}, nil)),
		"Copy":          second(f.Copy(ctx, f.inbox, uids(1, 9), box.ID)),
		"Move":          second(f.Move(ctx, f.inbox, uids(2, 3), box.ID)),
		"Expunge":       second(f.Expunge(ctx, f.inbox, uids(10, 25))),
		"SetSubscribed": f.SetSubscribed(ctx, "Box", true),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, step := range []func() error{
		func() error { return f.RenameMailbox(ctx, "Box", "Other") },
		func() error { return f.DeleteMailbox(ctx, "Other") },
	} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
	f.sameAsStored()
	if err := f.store.RemoveAccount(ctx, f.ID()); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestNoSpace(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{`\Deleted`}, messages(0, 3)...)
	f.engine.Inject(memkv.Faults{BeforeCommit: func(context.Context, memkv.Commit) error { return kv.ErrNoSpace }})
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, "x"); !errors.Is(err, restante.ErrNoSpace) {
		t.Error(err)
	}
	f.engine.Inject(memkv.Faults{})
	f.append(f.inbox, nil, "y")
	f.sameAsStored()
}

// sameAsStored holds the state in memory against a fresh read of the engine.
func (f *fixture) sameAsStored() {
	f.t.Helper()
	snap, err := f.store.kv.Snapshot(f.t.Context(), kv.Partition(f.ID()))
	if err != nil {
		f.t.Fatal(err)
	}
	defer snap.Close()
	have := f.State()
	want, err := f.store.readState(snap, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if have.version != want.version || have.account != want.account || !slices.Equal(have.subscriptions, want.subscriptions) ||
		len(have.mailboxes) != len(want.mailboxes) || !have.flags.same(want.flags) {
		f.t.Fatalf("state %+v, stored %+v", have, want)
	}
	for id := range want.flags.n {
		if !reflect.DeepEqual(have.flags.Set(id), want.flags.Set(id)) {
			f.t.Fatalf("flag set %d: %+v, stored %+v", id, have.flags.Set(id), want.flags.Set(id))
		}
	}
	for i, b := range have.mailboxes {
		w := want.mailboxes[i]
		x, y := *b.mailbox, *w.mailbox
		if x.Created.Unix() != y.Created.Unix() {
			f.t.Fatal("created")
		}
		x.Created, x.FromInbox = y.Created, false // that is not stored
		if !reflect.DeepEqual(x, y) || !slices.Equal(b.row, w.row) || b.floor != w.floor || b.history != w.history || have.index[x.ID] != i {
			f.t.Fatalf("mailbox %+v, stored %+v", x, y)
		}
		f.samePages(snap, b)
	}
}

func (f *fixture) samePages(snap kv.Snapshot, b *box) {
	f.t.Helper()
	pages, err := readPages(snap, b.mailbox.ID, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if b.hasTail {
		if len(pages) == 0 != (b.tail == nil) || b.tail != nil && !slices.Equal(b.tail.raw, pages[len(pages)-1].raw) {
			f.t.Fatalf("%s: tail is not as stored", b.mailbox.Name)
		}
	}
	if b.snapshot == nil {
		return
	}
	if len(pages) != len(b.snapshot.pages) || !slices.Equal(b.snapshot.firsts, pageFirsts(pages)) {
		f.t.Fatalf("%s: %d pages, stored %d", b.mailbox.Name, len(b.snapshot.pages), len(pages))
	}
	for i, p := range b.snapshot.pages {
		if p.key != pages[i].key || !slices.Equal(p.raw, pages[i].raw) {
			f.t.Fatalf("%s: page %d is not as stored", b.mailbox.Name, i)
		}
		for j := range p.Len() {
			if p.Message(j) != pages[i].Message(j) {
				f.t.Fatalf("%s: %+v, stored %+v", b.mailbox.Name, p.Message(j), pages[i].Message(j))
			}
		}
	}
}

// TestRandomOperations compares memory and engine after each of many random
// operations, on two nodes in turn.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			f := newFixture(t, Options{})
			nodes := []*fixture{f, f.node()}
			rng := rand.New(rand.NewPCG(seed, 0))
			for step := range 150 {
				n := nodes[0]
				if rng.IntN(4) == 0 {
					n = nodes[1]
				}
				if err := n.randomOperation(rng); err != nil && !expected(err) {
					t.Fatalf("step %d: %v", step, err)
				}
				if err := n.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				n.sameAsStored()
			}
			checkCounts(t, f.store.kv, f.ID())
		})
	}
}

func testRandomOnOneNode(t *testing.T) {
	f := newFixture(t, Options{})
	rng := rand.New(rand.NewPCG(9, 9))
	for step := range 100 {
		if err := f.randomOperation(rng); err != nil && !expected(err) {
			t.Fatalf("step %d: %v", step, err)
		}
		f.sameAsStored()
	}
}

func expected(err error) bool {
	for _, kind := range []error{restante.ErrExists, restante.ErrNotFound, restante.ErrHasChildren, restante.ErrInvalid} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (f *fixture) randomOperation(rng *rand.Rand) error {
	ctx := f.t.Context()
	names := []string{"INBOX", "a", "a/b", "a/b/c", "d", "e/f"}
	name, other := names[rng.IntN(len(names))], names[rng.IntN(len(names))]
	id := func(name string) restante.MailboxID {
		if mb := f.State().MailboxByName(name); mb != nil {
			return mb.ID
		}
		return 1
	}
	first := restante.UID(1 + rng.IntN(700))
	set := uids(first, first+restante.UID(rng.IntN(200)), first+300, first+restante.UID(300+rng.IntN(100)))
	flags := [][]string{{`\Seen`}, {`\Deleted`}, {`\Deleted`, "k"}, {`\Flagged`, "l", "k"}}[rng.IntN(4)]
	switch rng.IntN(13) {
	case 11:
		p := MetadataPlace{Mailbox: id(name), User: restante.AccountID(rng.IntN(2)) * 7000}
		_, err := f.SetMetadata(ctx, p, []MetadataChange{
			{Name: "/private/a", Value: make([]byte, rng.IntN(100)), Remove: rng.IntN(3) == 0},
			{Name: "/shared/B", Value: make([]byte, rng.IntN(100)), Remove: rng.IntN(3) == 0},
		})
		return err
	case 0, 1, 2:
		_, err := tryAppend(ctx, f.Account, id(name), flags[:rng.IntN(len(flags)+1)], messages(0, rng.IntN(300))...)
		return err
	case 3, 4:
		_, err := f.StoreFlags(ctx, id(name), set, FlagOp(rng.IntN(3)), flags, nil)
		return err
	case 5:
		_, err := f.Copy(ctx, id(name), set, id(other))
		return err
	case 6:
		_, err := f.Move(ctx, id(name), set, id(other))
		return err
	case 7, 8:
		_, err := f.Expunge(ctx, id(name), nil)
		return err
	case 9:
		_, err := f.CreateMailbox(ctx, name, nil)
		return err
	case 10:
		if rng.IntN(2) == 0 {
			return f.RenameMailbox(ctx, name, other)
		}
		if name == inbox {
			return nil
		}
		return f.DeleteMailbox(ctx, name)
	default:
		return f.SetSubscribed(ctx, name, rng.IntN(2) == 0)
	}
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
