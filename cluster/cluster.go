// Package cluster is what the nodes on one store know of one another: which of them
// live, what each has to tell the others, and which does the work that is to be done
// once and not once a node.
//
// All of it lies in one partition of the store, so that nodes need nothing but the
// store. Each node writes its row every few seconds, its beat. No clocks are compared:
// a node is taken for dead by those who have seen its row stand still for a while. What
// this costs depends on the number of nodes alone, not on accounts or connections.
// On an engine with a single writer there is nothing to know, and nothing is written
// but when work was last done.
package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// partition is where the rows lie.
const partition = kv.Partition(restante.NodesPartition)

// Options configure a Cluster. KV is required; zero fields have the default that is
// given with each.
type Options struct {
	KV     kv.Store
	Name   string       // of this node, for people
	Logger *slog.Logger // nil: discards

	Notes []Note
	Tasks []Task

	// Beat is how often a node says that it lives, where there are few; with many it
	// is less often, so that all together write no more than 20 rows a second.
	// Default: 5 s.
	Beat time.Duration
	// Hurry is how soon other nodes hear of a note that has changed (see
	// Cluster.Changed). Default: 1 s, more with many nodes.
	Hurry time.Duration
	// Now is the wall clock, by which work is due; nil: time.Now.
	Now func() time.Time
}

// Note is something short that each node tells the others.
type Note struct {
	Name string // a word
	// Say answers what this node tells now, in a form that is the same as long as it
	// means the same. At most 256 KiB.
	Say func() []byte
	// Hear is called with what the other live nodes tell, whenever that has changed.
	// The slices must not be kept.
	Hear func(others [][]byte)
}

// maxNote is how long a note may be; a longer one is not told.
const maxNote = 256 << 10

// NodeID names a run of the program on a node; a new start has another one.
type NodeID uint64

// Node is a node that lives.
type Node struct {
	ID      NodeID
	Name    string
	Started time.Time // by its own clock
	Self    bool
}

// Cluster is this node among the others. All methods may be called concurrently, and
// those of a nil *Cluster are of a node that is alone.
type Cluster struct {
	o      Options
	id     NodeID
	began  time.Time
	single bool
	wake   chan struct{} // holds a token while a note has changed
	cancel context.CancelFunc
	done   sync.WaitGroup
	tasks  sync.WaitGroup

	mu struct {
		sync.Mutex
		peers map[NodeID]*peer
		alive *term // of this node; nil while it does not know itself alive
		err   error // of the last beat
	}

	// Of the goroutine that beats.
	beats   uint64
	read    kv.Version        // of the rows that were last looked at
	written map[string][]byte // notes as this node's rows have them
	leases  map[string]lease  // of tasks, as last read
	running map[string]bool   // tasks that this node does
	heard   map[string]string // notes of others, all of one name together, as last told
	ended   chan outcome
}

// peer is another node as it was seen.
type peer struct {
	row  nodeRow
	seen time.Time // when its row was last seen to change, by this machine's clock
}

// Open makes this process a node. The caller closes it before the store.
func Open(ctx context.Context, o Options) (*Cluster, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Beat <= 0 {
		o.Beat = 5 * time.Second
	}
	if o.Hurry <= 0 {
		o.Hurry = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Cluster{
		o: o, began: o.Now(), wake: make(chan struct{}, 1), written: map[string][]byte{}, leases: map[string]lease{},
		running: map[string]bool{}, heard: map[string]string{}, ended: make(chan outcome),
	}
	c.mu.peers = map[NodeID]*peer{}
	if e, ok := o.KV.(interface{ SingleWriter() bool }); ok {
		c.single = e.SingleWriter()
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	c.id = NodeID(binary.BigEndian.Uint64(id[:])>>1 | 1) // not 0, and there is a next one
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	var changes <-chan kv.Change
	if !c.single {
		var err error
		if changes, err = o.KV.Watch(run); err != nil {
			cancel()
			return nil, fmt.Errorf("cluster: watch: %w", err)
		}
		if err := c.beat(run); err != nil {
			cancel()
			return nil, err
		}
	}
	c.done.Go(func() { c.run(run, changes) })
	return c, nil
}

// farewellTime bounds how long a node takes to say that it goes.
const farewellTime = 5 * time.Second

// Close ends the work of this node and takes its rows away, so that others need not
// wait to know that it is gone.
func (c *Cluster) Close() error {
	if c == nil {
		return nil
	}
	c.cancel()
	c.done.Wait()
	if c.single {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewellTime)
	defer cancel()
	return c.leave(ctx)
}

// Changed says that a note of this node has changed and the others should hear of it
// soon. It does not block.
func (c *Cluster) Changed() {
	if c == nil || c.single {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Nodes answers the nodes that live, this one among them, and why the last beat could
// not be written, if so.
func (c *Cluster) Nodes() ([]Node, error) {
	if c == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := []Node{{ID: c.id, Name: c.o.Name, Started: c.began, Self: true}}
	for id, p := range c.mu.peers {
		nodes = append(nodes, Node{ID: id, Name: p.row.Name, Started: time.Unix(p.row.Started, 0)})
	}
	return nodes, c.mu.err
}

// Count answers how many nodes live, at least 1.
func (c *Cluster) Count() int {
	if c == nil || c.single {
		return 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return 1 + len(c.mu.peers)
}

// run beats until ctx ends.
func (c *Cluster) run(ctx context.Context, changes <-chan kv.Change) {
	defer c.tasks.Wait()
	beat := time.NewTimer(0)
	defer beat.Stop()
	soon := time.NewTimer(0)
	<-soon.C
	defer soon.Stop()
	pending := false // soon runs
	hurry := func() {
		if !pending {
			pending = true
			soon.Reset(c.gap())
		}
	}
	for {
		select {
		case <-ctx.Done():
			c.drainTasks()
			return
		case <-beat.C:
		case <-soon.C:
			pending = false
		case <-c.wake:
			hurry()
			continue
		case change, ok := <-changes:
			if !ok {
				changes = nil
			} else if change.Lost || change.Partition == partition && change.Version > c.read {
				hurry()
			}
			continue
		case o := <-c.ended:
			c.finish(ctx, o)
			continue
		}
		c.turn(ctx)
		beat.Reset(c.period())
	}
}

// turn beats, or where this node is alone looks after what is to be done.
func (c *Cluster) turn(ctx context.Context) {
	err := c.beat(ctx)
	c.mu.Lock()
	was := c.mu.err
	c.mu.err = err
	c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil && was == nil:
		c.o.Logger.Warn("this node cannot tell the others that it lives", "error", err)
	case err == nil && was != nil:
		c.o.Logger.Info("this node tells the others again that it lives")
	}
}

// period is the time between beats.
func (c *Cluster) period() time.Duration {
	if c.single {
		return c.untilDue()
	}
	return c.o.Beat + time.Duration(c.Count())*c.o.Beat/100
}

// leaseTime is how long the row of a node may stand still before it is taken for
// dead. It goes with the row, since nodes may beat differently.
func (c *Cluster) leaseTime() time.Duration { return 4 * c.period() }

// gap is the time between two looks at the rows, or changes of this node's, for which
// somebody is in a hurry.
func (c *Cluster) gap() time.Duration {
	return c.o.Hurry + time.Duration(c.Count()-1)*c.o.Hurry/10
}

// errTooLate says that others were first too often.
var errTooLate = errors.New("cluster: other nodes are always first")
