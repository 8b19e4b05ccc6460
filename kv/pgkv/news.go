package pgkv

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/restante/restante/kv"
)

// Bus carries short messages between the nodes of a store, under a subject that is
// a word. It may lose some: the messages are numbered. PostgreSQL's LISTEN and
// NOTIFY are one, NATS another.
type Bus interface {
	// Publish sends a message, of at most 7,500 bytes of text, to all nodes.
	Publish(ctx context.Context, subject, message string) error
	// Listen calls heard with every message of a subject, this node's own too, and missed
	// when some may have been missed, until ctx ends. It connects again by
	// itself; ready is called once, when messages are heard for the first time.
	Listen(ctx context.Context, subject string, heard func(message string), missed, ready func())
}

// Times of news.
const (
	heartbeat   = 2 * time.Second
	silence     = 3 * heartbeat // after which a node is taken for dead
	publishTime = 5 * time.Second
	// publishRest is how long nothing is sent after a message, so that what is committed
	// meanwhile makes one message: each is a commit for PostgreSQL.
	publishRest = 5 * time.Millisecond
	// publishAgain is after how long a message that could not be sent is tried again.
	publishAgain = 100 * time.Millisecond
)

// news tells other nodes what this one commits, and hears what they do.
//
// What is committed is told after the commit and not in it. NOTIFY in a
// transaction takes a lock of the whole database until the commit is on disk, so
// that no two commits would share a sync. A node numbers its messages, and sends
// one now and then even if it has nothing to tell: whoever finds a number
// missing, or a node silent that did not say farewell, knows that commits may have
// gone untold, and looks at everything.
type news struct {
	log     *slog.Logger
	tell    func(kv.Partition, kv.Version, bool) // what others did; lost
	bus     Bus
	self    string // this node, by chance
	subject string
	telling part
	unheard bool // the last message could not be sent; of publish
	hearing part
	wake    chan struct{}

	mu struct {
		sync.Mutex
		pending map[kv.Partition]kv.Version
	}
	nodes map[string]*peer // of the listener
	peers sync.Mutex
	count newsCounters
}

// part is a goroutine of news that ends when it is told to.
type part struct {
	end  context.CancelFunc
	done sync.WaitGroup
}

func (p *part) start(background context.Context, f func(context.Context)) {
	background, p.end = context.WithCancel(background)
	p.done.Go(func() { f(background) })
}

func (p *part) stop() {
	if p.end != nil {
		p.end()
		p.done.Wait()
	}
}

// peer is another node, as far as it was heard of.
type peer struct {
	sequence uint64
	heard    time.Time
}

func newNews(log *slog.Logger, tell func(kv.Partition, kv.Version, bool)) *news {
	n := &news{log: log, tell: tell, self: rand.Text()[:13], wake: make(chan struct{}, 1), nodes: make(map[string]*peer)}
	n.mu.pending = make(map[kv.Partition]kv.Version)
	return n
}

// start begins to listen, and returns once messages are heard.
func (n *news) start(ctx, background context.Context, bus Bus, subject string) error {
	n.bus, n.subject = bus, subject
	ready := make(chan struct{})
	once := sync.OnceFunc(func() { close(ready) })
	n.hearing.start(background, func(ctx context.Context) { bus.Listen(ctx, subject, n.heard, n.missed, once) })
	n.telling.start(background, n.publish)
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		n.close()
		return ctx.Err()
	}
}

// close says farewell and ends. The bus, which may publish over the connection
// that it listens on, listens until then.
func (n *news) close() {
	n.telling.stop()
	n.hearing.stop()
}

// committed notes a commit of this node, to be told. It does not block.
func (n *news) committed(p kv.Partition, v kv.Version) {
	n.mu.Lock()
	n.mu.pending[p] = max(v, n.mu.pending[p])
	n.mu.Unlock()
	n.rouse()
}

// rouse has publish send a message as soon as it may.
func (n *news) rouse() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// publish sends what was committed. While one message is on its way, and for a short
// rest after it, the next ones gather, so that many commits make few messages. What
// cannot be sent is tried again after a longer one.
func (n *news) publish(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	wake := n.wake // nil in a rest
	var rested <-chan time.Time
	var sequence uint64
	for {
		ending := false
		select {
		case <-ctx.Done():
			ending = true
		case <-tick.C:
			n.listenForSilence()
		case <-wake:
		case <-rested:
			wake = n.wake
			continue
		}
		var sent bool
		sequence, sent = n.publishAll(sequence, ending)
		if ending {
			return
		}
		wake, rested = nil, time.After(publishRest)
		if !sent {
			rested = time.After(publishAgain)
			n.rouse()
		}
	}
}

// publishAll sends all that is to be told now, if it is nothing too, and answers
// the last message's number and whether all could be sent.
func (n *news) publishAll(sequence uint64, ending bool) (uint64, bool) {
	for {
		m := message{node: n.self, sequence: sequence + 1, changes: n.take()}
		m.farewell = ending && len(m.changes) < messageChanges
		n.count.sending(m.sequence)
		if !n.send(m.String()) {
			n.count.failed.Add(1)
			n.giveBack(m.changes) // the number is given again
			return sequence, false
		}
		n.count.sent.Add(1)
		sequence++
		if len(m.changes) < messageChanges {
			return sequence, true
		}
	}
}

func (n *news) send(text string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), publishTime)
	defer cancel()
	err := n.bus.Publish(ctx, n.subject, text)
	switch {
	case err != nil && !n.unheard:
		n.log.Warn("other nodes cannot be told of commits yet", "error", err)
	case err == nil && n.unheard:
		n.log.Info("other nodes are told of commits again")
	}
	n.unheard = err != nil
	return err == nil
}

// take answers what is to be told, at most messageChanges.
func (n *news) take() []change {
	n.mu.Lock()
	defer n.mu.Unlock()
	var changes []change
	for p, v := range n.mu.pending {
		if len(changes) == messageChanges {
			break
		}
		changes = append(changes, change{p, v})
		delete(n.mu.pending, p)
	}
	return changes
}

// giveBack keeps what could not be told for another time.
func (n *news) giveBack(changes []change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range changes {
		n.mu.pending[c.partition] = max(c.version, n.mu.pending[c.partition])
	}
}

// heard takes a message of any node.
func (n *news) heard(text string) {
	m, ok := parseMessage(text)
	if !ok {
		return
	}
	if m.node == n.self {
		n.count.arrived(m.sequence)
		return
	}
	n.count.heard.Add(1)
	n.peers.Lock()
	p, known := n.nodes[m.node]
	if !known {
		p = &peer{}
		n.nodes[m.node] = p
	}
	// The first message of a node that began before we listened may have any number.
	lost := known && m.sequence > p.sequence+1 || !known && m.sequence > 1
	p.sequence, p.heard = m.sequence, time.Now()
	if m.farewell {
		delete(n.nodes, m.node)
	}
	n.peers.Unlock()
	if lost {
		n.missed()
		return
	}
	for _, c := range m.changes {
		n.tell(c.partition, c.version, false)
	}
}

// missed is told that messages may have been lost on the way.
func (n *news) missed() {
	n.count.missed.Add(1)
	n.tell(0, 0, true)
}

// listenForSilence forgets nodes that were not heard of for long: what they did
// last may not have been told.
func (n *news) listenForSilence() {
	n.peers.Lock()
	lost := false
	for name, p := range n.nodes {
		if time.Since(p.heard) > silence {
			delete(n.nodes, name)
			lost = true
		}
	}
	n.peers.Unlock()
	if lost {
		n.log.Warn("a node of this store was not heard of for long")
		n.missed()
	}
}
