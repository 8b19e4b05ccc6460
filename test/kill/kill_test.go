// Package kill_test kills and stops the real program under load from many connections
// and verifies, after a restart, everything that it acknowledged.
package kill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/load"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}

const (
	accounts = 4
	// Connections of each account by IMAP that change messages; one more changes
	// mailboxes, and one delivers by LMTP.
	imapWorkers = 3
	password    = "poste-restante"
)

// roundsEnv names the environment variable with the number of rounds.
const roundsEnv = "RESTANTE_KILL_ROUNDS"

func rounds(t *testing.T) int {
	text := os.Getenv(roundsEnv)
	switch {
	case text == "" && os.Getenv(binary.RequiredEnv) == "required":
		return 3
	case text == "":
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", roundsEnv, err)
	}
	return n
}

// TestKill: what the server acknowledged is there after SIGKILL, flags too, and
// what it did not acknowledge was done as a whole or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	s := binary.Start(t, binary.Options{Path: restante})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := newLoad(t, s, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds(t) {
		operations := 300 + random.Int64N(1200)
		l.run(t, operations, s.Kill)
		if t.Failed() {
			return
		}
		s.Check(t)
		s.Run(t)
		l.verify(t)
		if t.Failed() {
			t.Fatalf("in round %d, after %d operations", round, operations)
		}
	}
}

// TestStop: SIGTERM under load ends the server in an orderly way, soon and with
// status 0, and loses nothing either.
func TestStop(t *testing.T) {
	t.Parallel()
	s := binary.Start(t, binary.Options{Path: restante})
	l := newLoad(t, s, rand.Uint64())
	l.run(t, 300, s.Stop)
	s.Check(t)
	s.Run(t)
	l.verify(t)
}

// everybody is all that works on the server.
type everybody struct {
	server     *binary.Server
	users      []string
	workers    []*load.Worker
	deliverers []*load.Deliverer
	keepers    []*load.Keeper
}

// newLoad makes the accounts and their workers; the workers' choices come from seed.
func newLoad(t *testing.T, s *binary.Server, seed uint64) *everybody {
	t.Helper()
	l := &everybody{server: s}
	for a := range accounts {
		user := fmt.Sprintf("user%d@example.org", a)
		l.users = append(l.users, user)
		s.AddUser(t, user, password)
		c := l.login(t, user)
		if _, err := c.Do("CREATE Work"); err != nil {
			t.Fatal(err)
		}
		c.Close()
		for i := range imapWorkers {
			name := fmt.Sprintf("w%d.%d", a, i)
			l.workers = append(l.workers, load.NewWorker(name, user, rand.New(rand.NewPCG(seed, uint64(1+len(l.workers))))))
		}
		l.keepers = append(l.keepers, load.NewKeeper("kept", rand.New(rand.NewPCG(seed, 1<<32+uint64(a)))))
		l.deliverers = append(l.deliverers, load.NewDeliverer(fmt.Sprintf("d%d", a), user))
	}
	return l
}

func (l *everybody) login(t *testing.T, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.Login(l.server.IMAP, nil, user, password)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run has all work until the server has done about so many operations, and ends it
// in the midst of them.
func (l *everybody) run(t *testing.T, operations int64, end func(testing.TB)) {
	t.Helper()
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var count atomic.Int64
	done := func() {
		if count.Add(1) >= operations {
			enough()
		}
	}
	var all sync.WaitGroup
	work := func(c *imapclient.Client, step func() error) {
		all.Go(func() {
			defer c.Close()
			for {
				if err := step(); load.Wrong(err) {
					t.Error(err)
					enough()
					return
				} else if err != nil {
					return // the connection is gone
				}
				done()
			}
		})
	}
	for _, w := range l.workers {
		c := l.login(t, w.User())
		w.Use(c)
		work(c, w.Step)
	}
	for a, k := range l.keepers {
		c := l.login(t, l.users[a])
		k.Use(c)
		work(c, k.Step)
	}
	for _, d := range l.deliverers {
		all.Go(func() {
			for d.Deliver(l.server.LMTP) == nil {
				done()
			}
		})
	}
	<-ctx.Done()
	end(t)
	all.Wait()
	t.Logf("ended after %d operations", count.Load())
}

// verify compares what the server has with what it acknowledged.
func (l *everybody) verify(t *testing.T) {
	t.Helper()
	for a, user := range l.users {
		c := l.login(t, user)
		all, err := load.FetchAll(c)
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := load.CheckContents(c)
		if err != nil {
			t.Fatal(err)
		}
		misplaced, err := l.keepers[a].Verify(c)
		if err != nil {
			t.Fatal(err)
		}
		wrong = append(wrong, misplaced...)
		if err := l.keepers[a].Adopt(c); err != nil {
			t.Fatal(err)
		}
		c.Close()
		t.Logf("%s has %d messages", user, len(all))
		for _, w := range l.workers {
			if w.User() == user {
				wrong = append(wrong, w.Verify(all)...)
				w.Adopt(all)
			}
		}
		wrong = append(wrong, l.deliverers[a].Verify(all)...)
		for _, w := range wrong {
			t.Errorf("%s: %s", user, w)
		}
	}
}
