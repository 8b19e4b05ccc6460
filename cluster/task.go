package cluster

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/restante/restante/kv"
)

// Task is work in the background that one node does for all, again and again.
//
// Who does it has a lease on it, which others take over once that node is taken for
// dead. A node that was paused, or cut off from the store, may still be at it when
// another has begun: its context ends before the lease does, but nothing can end what
// a paused process has just begun to do. So Run must do no harm if it runs twice at a
// time: what it changes it changes by compare-and-swap, or for good.
type Task struct {
	Name  string        // a word
	Every time.Duration // from one end to the next beginning
	// Run does it. An error is logged, and it is tried again after Every, or after 10
	// minutes, if that is less.
	Run func(ctx context.Context) error
}

// retryAfter is how soon a task is tried again that failed.
const retryAfter = 10 * time.Minute

// outcome is how a task ended on this node.
type outcome struct {
	task string
	term uint64
	err  error
	cut  bool // it was ended, not done
}

// due answers how long it is until a task is to be done.
func (c *Cluster) due(task *Task) time.Duration {
	l := c.leases[task.Name]
	every := task.Every
	if l.Error != "" {
		every = min(every, retryAfter)
	}
	if l.Done == 0 {
		return 0
	}
	return time.Unix(l.Done, 0).Add(every).Sub(c.o.Now())
}

// untilDue is how long a node that is alone may sleep.
func (c *Cluster) untilDue() time.Duration {
	next := 24 * time.Hour
	for i := range c.o.Tasks {
		if !c.running[c.o.Tasks[i].Name] {
			next = min(next, c.due(&c.o.Tasks[i]))
		}
	}
	return max(next, time.Second)
}

// claim adds to a batch what makes the tasks this node's that are due and nobody's,
// and notes those that have ended here. It answers those that are to be started once
// the batch is committed.
func (c *Cluster) claim(b *kv.Batch, t *table) (claimed []*Task) {
	for i := range c.o.Tasks {
		task := &c.o.Tasks[i]
		l := t.leases[task.Name]
		c.leases[task.Name] = l
		_, held := t.nodes[l.Holder]
		held = l.Holder != 0 && l.Holder != c.id && held && !c.single
		if c.running[task.Name] || held || c.due(task) > 0 {
			continue
		}
		l.Holder, l.Term = c.id, l.Term+1
		c.leases[task.Name] = l
		setJSON(b, leaseKey(task.Name), l)
		claimed = append(claimed, task)
	}
	return claimed
}

// start does a task that is this node's.
func (c *Cluster) start(task *Task) {
	c.running[task.Name] = true
	number := c.leases[task.Name].Term
	c.mu.Lock()
	ctx := c.mu.alive.ctx
	c.mu.Unlock()
	c.o.Logger.Debug("background work begins", "task", task.Name, "term", number)
	c.tasks.Go(func() {
		err := c.guarded(ctx, task)
		c.ended <- outcome{task: task.Name, term: number, err: err, cut: ctx.Err() != nil}
	})
}

// guarded runs a task and makes a panic an error, so that the server goes on.
func (c *Cluster) guarded(ctx context.Context, task *Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.o.Logger.Error("panic in background work", "task", task.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return task.Run(ctx)
}

// finish takes down that a task has ended here, unless another node has taken it over
// meanwhile.
func (c *Cluster) finish(ctx context.Context, o outcome) {
	delete(c.running, o.task)
	if o.err != nil && !o.cut {
		c.o.Logger.Warn("background work failed", "task", o.task, "error", o.err)
	}
	for range maxAttempts {
		t, err := c.look(ctx)
		if err != nil {
			break
		}
		l := t.leases[o.task]
		if l.Holder != c.id || l.Term != o.term {
			return
		}
		l.Holder = 0
		if !o.cut {
			l.Done, l.Error = c.o.Now().Unix(), ""
			if o.err != nil {
				l.Error = o.err.Error()
			}
		}
		var b kv.Batch
		setJSON(&b, leaseKey(o.task), l)
		if _, err = c.o.KV.Commit(ctx, partition, t.version, &b, kv.Relaxed); err == nil {
			c.leases[o.task] = l
			return
		}
		if pause(ctx, time.Duration(1+c.Count())*time.Millisecond) != nil {
			break
		}
	}
	// It stays this node's in the store, and is done again.
	c.o.Logger.Warn("the end of background work could not be noted", "task", o.task)
}

// drainTasks waits for the tasks of a node that ends.
func (c *Cluster) drainTasks() {
	for len(c.running) > 0 {
		o := <-c.ended
		delete(c.running, o.task)
	}
}
