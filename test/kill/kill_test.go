// Package kill_test kills and stops the real program under load from many connections
// and verifies, after a restart, everything that it acknowledged.
package kill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
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

// load is all that works on the server.
type load struct {
	server     *binary.Server
	users      []string
	workers    []*worker
	deliverers []*deliverer
	keepers    []*keeper
}

// newLoad makes the accounts and their workers; the workers' choices come from seed.
func newLoad(t *testing.T, s *binary.Server, seed uint64) *load {
	t.Helper()
	l := &load{server: s}
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
			l.workers = append(l.workers, &worker{name: name, user: user, model: model{messages: make(map[place]message)},
				random: rand.New(rand.NewPCG(seed, uint64(1+len(l.workers))))})
		}
		l.keepers = append(l.keepers, &keeper{user: user, random: rand.New(rand.NewPCG(seed, 1<<32+uint64(a)))})
		l.deliverers = append(l.deliverers, &deliverer{user: user, name: fmt.Sprintf("d%d", a), acknowledged: make(map[string]bool)})
	}
	return l
}

func (l *load) login(t *testing.T, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.Login(l.server.IMAP, nil, user, password)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run has all work until the server has done about so many operations, and ends it
// in the midst of them.
func (l *load) run(t *testing.T, operations int64, end func(testing.TB)) {
	t.Helper()
	for _, w := range l.workers {
		w.client, w.selected = l.login(t, w.user), ""
	}
	for _, k := range l.keepers {
		k.client = l.login(t, k.user)
	}
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
				if err := step(); wrong(err) {
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
		work(w.client, w.step)
	}
	for _, k := range l.keepers {
		work(k.client, k.step)
	}
	for _, d := range l.deliverers {
		all.Go(func() {
			for d.deliver(l.server.LMTP) == nil {
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
func (l *load) verify(t *testing.T) {
	t.Helper()
	for a, user := range l.users {
		c := l.login(t, user)
		all, err := fetchAll(c, mailboxes)
		if err != nil {
			t.Fatal(err)
		}
		misplaced, err := l.keepers[a].verify(c)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		for _, wrong := range misplaced {
			t.Errorf("%s: %s", user, wrong)
		}
		t.Logf("%s has %d messages", user, len(all))
		for _, w := range l.workers {
			if w.user == user {
				for _, wrong := range w.model.verify(w.name, all) {
					t.Errorf("%s: %s", user, wrong)
				}
			}
		}
		for _, wrong := range l.deliverers[a].verify(all) {
			t.Errorf("%s: %s", user, wrong)
		}
	}
}

// deliverer delivers messages to one account.
type deliverer struct {
	user, name   string
	next         int
	acknowledged map[string]bool // tokens
}

func (d *deliverer) deliver(addr string) error {
	d.next++
	token := fmt.Sprintf("%s-%d", d.name, d.next)
	lines := 1
	if d.next%20 == 0 {
		lines = 20_000 // more than is held in memory
	}
	err := lmtpclient.Deliver(addr, "a@example.com", d.user, fmt.Appendf(nil,
		"From: a@example.com\r\nSubject: mail\r\nX-Token: %s\r\n\r\n%s", token, strings.Repeat("A line of mail.\r\n", lines)))
	if err == nil {
		d.acknowledged[token] = true
	}
	return err
}

// verify answers one sentence for each message that is wrong.
func (d *deliverer) verify(all stored) []string {
	var wrong []string
	found := make(map[string]int)
	for at, m := range all {
		found[m.token]++
		if d.acknowledged[m.token] && (at.mailbox != "INBOX" || m.flags != "") {
			wrong = append(wrong, fmt.Sprintf("%s is at %v with the flags %q", m.token, at, m.flags))
		}
	}
	for token := range d.acknowledged {
		if found[token] != 1 {
			wrong = append(wrong, fmt.Sprintf("%s was delivered and is there %d times", token, found[token]))
		}
	}
	return wrong
}
