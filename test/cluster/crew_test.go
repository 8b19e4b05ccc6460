package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/load"
)

const (
	crewAccounts = 2 // of a crew
	crewWorkers  = 2 // that change messages, in each account
)

// crew is all that works on a cluster: in each account workers, a keeper, an
// observer and deliveries, who go from node to node, and to another one whenever a
// connection breaks or a command is refused because something is down.
type crew struct {
	t       *testing.T
	cluster *clustertest.Cluster
	users   []string
	log     registry
	end     context.CancelFunc
	all     sync.WaitGroup
	done    []atomic.Int64 // operations that were acknowledged, a node

	deliverers []*load.Deliverer
	mu         struct {
		sync.Mutex
		workers []*load.Worker
		keepers map[string][]*load.Keeper // a user
		refused map[string]int            // how often, by the answer
	}
}

// startCrew adds users whose names begin with name, and has all begin.
func startCrew(t *testing.T, c *clustertest.Cluster, name string) *crew {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	w := &crew{t: t, cluster: c, end: end, done: make([]atomic.Int64, len(c.Nodes))}
	w.mu.keepers, w.mu.refused = make(map[string][]*load.Keeper), make(map[string]int)
	for a := range crewAccounts {
		user := fmt.Sprintf("%s%d@example.org", name, a)
		w.users = append(w.users, user)
		c.AddUser(t, user, password)
		client := w.mustLogin(0, user)
		if _, err := client.Do("CREATE Work"); err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	t.Cleanup(w.stop)
	for a, user := range w.users {
		for i := range crewWorkers {
			w.all.Go(func() { w.work(ctx, user, fmt.Sprintf("w%d.%d", a, i)) })
		}
		w.all.Go(func() { w.keep(ctx, user) })
		w.all.Go(func() { w.observe(ctx, user) })
		d := load.NewDeliverer(fmt.Sprintf("d%d", a), user)
		w.deliverers = append(w.deliverers, d)
		w.all.Go(func() { w.deliver(ctx, d) })
	}
	return w
}

// stop ends all work.
func (w *crew) stop() {
	w.end()
	w.all.Wait()
}

// work is the lives of a worker. What a life has left open may still be done when the
// node goes on, so that its messages are touched no more.
func (w *crew) work(ctx context.Context, user, name string) {
	for life := 0; ctx.Err() == nil; life++ {
		one := load.NewWorker(fmt.Sprintf("%s.%d", name, life), user, rand.New(rand.NewPCG(rand.Uint64(), 0)))
		w.mu.Lock()
		w.mu.workers = append(w.mu.workers, one)
		w.mu.Unlock()
		w.live(ctx, user, func(c *imapclient.Client) error { one.Use(c); return nil }, one.Step)
	}
}

// keep is the lives of a keeper.
func (w *crew) keep(ctx context.Context, user string) {
	for life := 0; ctx.Err() == nil; life++ {
		one := load.NewKeeper(fmt.Sprintf("kept%d", life), rand.New(rand.NewPCG(rand.Uint64(), 0)))
		w.mu.Lock()
		w.mu.keepers[user] = append(w.mu.keepers[user], one)
		w.mu.Unlock()
		step := func() error {
			defer pause(ctx, 50*time.Millisecond) // names are not what most clients change
			return one.Step()
		}
		w.live(ctx, user, func(c *imapclient.Client) error { one.Use(c); return nil }, step)
	}
}

// observe is one observer, who goes from node to node.
func (w *crew) observe(ctx context.Context, user string) {
	o := newObserver(user, &w.log)
	for ctx.Err() == nil {
		w.live(ctx, user, o.use, o.step)
	}
}

// live logs in to some node and does steps until one fails, now and then only a
// few.
func (w *crew) live(ctx context.Context, user string, use func(*imapclient.Client) error, step func() error) {
	node := rand.IntN(len(w.cluster.Nodes))
	c, err := w.login(node, user)
	if err != nil {
		w.judge(err)
		pause(ctx, 50*time.Millisecond)
		return
	}
	defer c.Close()
	// Some clients lose patience before the server does.
	c.Timeout = 3*time.Second + rand.N(12*time.Second)
	if err := use(c); err != nil {
		w.judge(err)
		return
	}
	for range 10 + rand.IntN(60) {
		if ctx.Err() != nil {
			return
		}
		if err := step(); err != nil {
			w.judge(err)
			return
		}
		w.done[node].Add(1)
	}
}

// judge fails the test at an error that no fault excuses: a connection may break, and a
// command may be refused because something is not to be had.
func (w *crew) judge(err error) {
	var refused *imapclient.RefusedError
	var reply *textproto.Error
	switch {
	case errors.As(err, &refused) && strings.HasPrefix(refused.Text, "[UNAVAILABLE]"):
		w.mu.Lock()
		w.mu.refused[refused.Status+" "+refused.Text]++
		w.mu.Unlock()
	case errors.As(err, &reply) && reply.Code/100 == 4:
		w.mu.Lock()
		w.mu.refused[reply.Error()]++
		w.mu.Unlock()
	case load.Wrong(err), errors.As(err, &reply), errors.Is(err, errObserved):
		w.t.Error(err)
		w.end()
	}
}

// deliver delivers messages, to another node each.
func (w *crew) deliver(ctx context.Context, d *load.Deliverer) {
	for ctx.Err() == nil {
		node := rand.IntN(len(w.cluster.Nodes))
		err := d.Deliver(w.cluster.Nodes[node].LMTP)
		w.judge(err)
		if err == nil {
			w.done[node].Add(1)
		}
		pause(ctx, 20*time.Millisecond) // mail does not come without end
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (w *crew) login(node int, user string) (*imapclient.Client, error) {
	return imapclient.Login(w.cluster.Nodes[node].IMAP, nil, user, password)
}

func (w *crew) mustLogin(node int, user string) *imapclient.Client {
	w.t.Helper()
	c, err := w.login(node, user)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// progress waits until each of the nodes has acknowledged so many more operations.
func (w *crew) progress(operations int64, nodes ...int) {
	w.t.Helper()
	var goals []int64
	for _, n := range nodes {
		goals = append(goals, w.done[n].Load()+operations)
	}
	binary.Eventually(w.t, "the nodes work", func() error {
		if w.t.Failed() {
			w.t.FailNow()
		}
		for i, n := range nodes {
			if have := w.done[n].Load(); have < goals[i] {
				return fmt.Errorf("node %d has acknowledged %d operations, not %d", n, have, goals[i])
			}
		}
		return nil
	})
}

// verify ends all work and compares what each node has with what was acknowledged.
func (w *crew) verify() {
	w.t.Helper()
	w.stop()
	var total int64
	for i := range w.done {
		total += w.done[i].Load()
	}
	w.t.Logf("%d operations were acknowledged, in %d lives; refused: %v", total, len(w.mu.workers), w.mu.refused)
	for a, user := range w.users {
		for _, wrong := range w.wrong(a, user) {
			w.t.Errorf("%s: %s", user, wrong)
		}
	}
	w.cluster.Check(w.t)
}

// wrong verifies one account, and answers one sentence for each thing that is wrong.
func (w *crew) wrong(a int, user string) []string {
	w.t.Helper()
	// What was left open may be done last, so that nodes agree in a moment.
	var all load.Stored
	binary.Eventually(w.t, "all nodes show the same", func() error {
		for node := range w.cluster.Nodes {
			c := w.mustLogin(node, user)
			defer c.Close()
			have, err := load.FetchAll(c)
			if err != nil {
				w.t.Fatal(err)
			}
			if node > 0 && !maps.Equal(have, all) {
				return fmt.Errorf("node %d has other messages", node)
			}
			all = have
		}
		return nil
	})
	c := w.mustLogin(0, user)
	defer c.Close()
	wrong, err := load.CheckContents(c)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, k := range w.mu.keepers[user] {
		misplaced, err := k.Verify(c)
		if err != nil {
			w.t.Fatal(err)
		}
		wrong = append(wrong, misplaced...)
	}
	for _, one := range w.mu.workers {
		if one.User() == user {
			wrong = append(wrong, one.Verify(all)...)
		}
	}
	wrong = append(wrong, w.deliverers[a].Verify(all)...)
	all.Each(func(mailbox string, uid uint32, token string) {
		if err := w.log.saw(user, mailbox, uid, token); err != nil {
			wrong = append(wrong, err.Error())
		}
	})
	w.t.Logf("%s has %d messages, %d were delivered", user, len(all), w.deliverers[a].Acknowledged())
	return wrong
}
