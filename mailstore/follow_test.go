package mailstore

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/notify"
)

// crowd is accounts that are open on two nodes: what one commits the other hears of.
type crowd struct {
	f, g     *fixture
	accounts []*fixture // on the first node
	heard    chan restante.AccountID
}

func newCrowd(t testing.TB, n int) *crowd {
	f := newFixture(t, Options{})
	c := &crowd{f: f, g: f.node(), heard: make(chan restante.AccountID, 10_000)}
	for range n {
		id, err := f.store.CreateAccount(t.Context(), "one of many")
		if err != nil {
			t.Fatal(err)
		}
		one := *f
		one.Account = openAccount(t, f.store, id)
		one.inbox = one.State().MailboxByName(inbox).ID
		cancel := openAccount(t, c.g.store, id).Subscribe(func(e notify.Event) { c.heard <- e.Account })
		t.Cleanup(cancel)
		c.accounts = append(c.accounts, &one)
	}
	return c
}

// TestFollowSlowAccount has one account take for ever to be read: all others hear of what
// another node has done, and it does too once it can.
func TestFollowSlowAccount(t *testing.T) {
	c := newCrowd(t, 3)
	slow, entered, release := c.accounts[0], make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.g.engine.Inject(memkv.Faults{Read: func(p kv.Partition, _ []byte) error {
		if p == slow.partition() {
			once.Do(func() { close(entered) })
			<-release
		}
		return nil
	}})
	slow.append(slow.inbox, nil, "x")
	<-entered
	for i := range 100 {
		a := c.accounts[1+i%2]
		a.append(a.inbox, nil, "x")
		if got := <-c.heard; got != a.ID() {
			t.Fatalf("account %d was told of, not %d", got, a.ID())
		}
	}
	slow.append(slow.inbox, nil, "y") // while it is being read
	close(release)
	for n := 0; n < 2; {
		if got := <-c.heard; got != slow.ID() {
			t.Fatalf("account %d was told of, not %d", got, slow.ID())
		}
		a := openAccount(t, c.g.store, slow.ID())
		n = int(a.State().Mailbox(slow.inbox).Messages)
	}
}

// TestFollowIsBounded has many accounts change at a time: no more than a few are read at
// once, one while the engine cannot be read, and in the end all are up to date.
func TestFollowIsBounded(t *testing.T) {
	c := newCrowd(t, 4*mostFollowing)
	var now, most, calls atomic.Int32
	var away atomic.Bool
	full, failed := make(chan struct{}), make(chan struct{}, 10_000)
	c.g.engine.Inject(memkv.Faults{Read: func(_ kv.Partition, key []byte) error {
		if key != nil {
			return nil
		}
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if away.Load() {
			failed <- struct{}{}
			return restante.ErrUnavailable
		}
		if calls.Add(1) == mostFollowing {
			close(full)
		}
		<-full
		return nil
	}})
	change := func(accounts ...*fixture) {
		for _, a := range accounts {
			a.append(a.inbox, nil, "x")
		}
	}
	hear := func() {
		for left := len(c.accounts); left > 0; left-- {
			<-c.heard
		}
	}
	change(c.accounts...)
	hear()
	if n := most.Load(); n != mostFollowing {
		t.Errorf("%d accounts were read at a time", n)
	}
	away.Store(true)
	change(c.accounts[0])
	for range 2 { // it is tried again once it is known that it failed
		<-failed
	}
	most.Store(0)
	change(c.accounts[1:]...)
	for range 2 * len(c.accounts) {
		<-failed
	}
	if n := most.Load(); n > 1 {
		t.Errorf("%d accounts were read at a time while the engine was away", n)
	}
	away.Store(false)
	hear()
	for _, a := range c.accounts {
		if n := openAccount(t, c.g.store, a.ID()).State().Mailbox(a.inbox).Messages; n != 2 {
			t.Errorf("account %d has %d messages", a.ID(), n)
		}
	}
}
