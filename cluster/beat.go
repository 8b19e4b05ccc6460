package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/restante/restante/kv"
)

// maxAttempts bounds how often a beat is tried again because another node was first.
const maxAttempts = 20

// term is a time in which a node knows that the others hold it alive.
type term struct {
	ctx    context.Context
	cancel context.CancelFunc
	end    *time.Timer
}

// beat reads the rows of all nodes, writes what this one has to say, and starts the
// work that has become its own.
func (c *Cluster) beat(ctx context.Context) error {
	for range maxAttempts {
		t, err := c.look(ctx)
		if err != nil {
			return err
		}
		gone := c.observe(t)
		if c.hear(t); !c.single {
			c.read = t.version
		}
		var b kv.Batch
		claimed := c.claim(&b, t)
		notes := c.say(&b, gone)
		if len(b.Ops()) == 0 {
			return nil
		}
		began := time.Now()
		version, err := c.o.KV.Commit(ctx, partition, t.version, &b, kv.Relaxed)
		switch {
		case errors.Is(err, kv.ErrConflict):
			if err := pause(ctx, time.Duration(1+c.Count())*time.Millisecond); err != nil {
				return err
			}
			continue
		case err != nil:
			// If it was written after all, the next beat finds that out.
			return fmt.Errorf("cluster: %w", err)
		}
		c.read = version
		maps.Copy(c.written, notes)
		c.extend(ctx, began.Add(c.leaseTime()-c.period()))
		for _, task := range claimed {
			c.start(task)
		}
		return nil
	}
	return errTooLate
}

// look reads the rows.
func (c *Cluster) look(ctx context.Context) (*table, error) {
	snap, err := c.o.KV.Snapshot(ctx, partition)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	t, err := readTable(snap)
	if err := errors.Join(err, snap.Close()); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return t, nil
}

// observe takes down which nodes have changed their rows, and answers those whose
// rows are to go: they have stood still for too long, or belong to no node.
func (c *Cluster) observe(t *table) (gone []NodeID) {
	now := time.Now() // its monotonic part counts
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, row := range t.nodes {
		if id == c.id {
			continue
		}
		p := c.mu.peers[id]
		switch {
		case p == nil:
			c.mu.peers[id] = &peer{row: row, seen: now}
			c.o.Logger.Info("another node is here", "node", row.Name)
		case p.row.Beat != row.Beat:
			p.row, p.seen = row, now
		case now.Sub(p.seen) > row.lease():
			gone = append(gone, id)
			c.o.Logger.Warn("a node was not heard of for long and is taken for dead", "node", row.Name)
		}
	}
	maps.DeleteFunc(c.mu.peers, func(id NodeID, _ *peer) bool {
		_, there := t.nodes[id]
		return !there || slices.Contains(gone, id)
	})
	for id := range t.notes {
		if _, there := t.nodes[id]; !there && id != c.id {
			gone = append(gone, id)
		}
	}
	for _, id := range gone {
		delete(t.nodes, id)
		delete(t.notes, id)
	}
	return gone
}

// say adds this node's row to a batch, and of its notes those that have changed, which
// it answers; and takes the rows of nodes away that are gone.
func (c *Cluster) say(b *kv.Batch, gone []NodeID) map[string][]byte {
	if c.single {
		return nil
	}
	for _, id := range gone {
		b.Delete(nodeKey(id), 0)
		b.DeleteRange(noteKey(id, ""), noteKey(id+1, ""))
	}
	c.beats++
	setJSON(b, nodeKey(c.id), nodeRow{
		Beat: c.beats, Name: c.o.Name, Started: c.began.Unix(), LeaseMS: c.leaseTime().Milliseconds(),
	})
	changed := map[string][]byte{}
	for _, n := range c.o.Notes {
		text := n.Say()
		if len(text) > maxNote {
			c.o.Logger.Error("what other nodes should know is too long", "note", n.Name, "bytes", len(text))
			continue
		}
		if old, told := c.written[n.Name]; !told || !bytes.Equal(old, text) {
			b.Set(noteKey(c.id, n.Name), text)
			changed[n.Name] = text
		}
	}
	return changed
}

// hear passes on what the others tell, where it is not what was told last.
func (c *Cluster) hear(t *table) {
	ids := slices.Sorted(maps.Keys(t.nodes))
	for _, n := range c.o.Notes {
		var others [][]byte
		var all strings.Builder
		for _, id := range ids {
			text, told := t.notes[id][n.Name]
			if id == c.id || !told {
				continue
			}
			others = append(others, text)
			fmt.Fprintf(&all, "%x %d ", uint64(id), len(text))
			all.Write(text)
		}
		if was, told := c.heard[n.Name]; told && was == all.String() || !told && len(others) == 0 {
			continue
		}
		c.heard[n.Name] = all.String()
		n.Hear(others)
	}
}

// extend makes the node's term last until a time, by this machine's clock.
func (c *Cluster) extend(ctx context.Context, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.mu.alive; t != nil && t.ctx.Err() == nil {
		if c.single || t.end.Reset(time.Until(until)) {
			return
		}
		t.cancel() // it has just ended
	}
	t := &term{}
	t.ctx, t.cancel = context.WithCancel(ctx)
	t.end = time.AfterFunc(time.Until(until), t.cancel)
	if c.single {
		t.end.Stop() // nobody takes over
	}
	c.mu.alive = t
}

// leave takes this node's rows away.
func (c *Cluster) leave(ctx context.Context) error {
	for range maxAttempts {
		t, err := c.look(ctx)
		if err != nil {
			return err
		}
		var b kv.Batch
		b.Delete(nodeKey(c.id), 0)
		b.DeleteRange(noteKey(c.id, ""), noteKey(c.id+1, ""))
		for task, l := range t.leases {
			if l.Holder == c.id {
				l.Holder = 0 // and Done as it was: it was not done
				setJSON(&b, leaseKey(task), l)
			}
		}
		_, err = c.o.KV.Commit(ctx, partition, t.version, &b, kv.Relaxed)
		if err == nil {
			return nil
		}
		if !errors.Is(err, kv.ErrConflict) {
			return fmt.Errorf("cluster: %w", err)
		}
		if err := pause(ctx, time.Duration(1+c.Count())*time.Millisecond); err != nil {
			return err
		}
	}
	return errTooLate
}

// pause waits for up to most, by chance.
func pause(ctx context.Context, most time.Duration) error {
	t := time.NewTimer(rand.N(most))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
