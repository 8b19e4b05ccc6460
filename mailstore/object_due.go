package mailstore

import (
	"container/heap"
	"time"

	"github.com/restante/restante"
)

// dueAccounts are accounts of which each has something to be done from some time on: the one
// that comes first is found without a look at the others.
type dueAccounts struct {
	of    map[restante.AccountID]*dueAccount
	queue dueQueue
}

type dueAccount struct {
	id    restante.AccountID
	at    time.Time
	place int // in the queue
}

func newDueAccounts() dueAccounts {
	return dueAccounts{of: make(map[restante.AccountID]*dueAccount)}
}

// note has an account come at a time, or sooner if that is noted already, and reports whether
// that has changed anything. It does not if there would be more than most accounts.
func (d *dueAccounts) note(id restante.AccountID, at time.Time, most int) bool {
	if a := d.of[id]; a != nil {
		if !at.Before(a.at) {
			return false
		}
		a.at = at
		heap.Fix(&d.queue, a.place)
		return true
	}
	if len(d.queue) >= most {
		return false
	}
	a := &dueAccount{id: id, at: at}
	d.of[id] = a
	heap.Push(&d.queue, a)
	return true
}

// next takes out an account whose time has come; else it answers 0 and how long it is until
// then, or a negative time if there is none.
func (d *dueAccounts) next(now time.Time) (id restante.AccountID, wait time.Duration) {
	if len(d.queue) == 0 {
		return 0, -1
	}
	if wait := d.queue[0].at.Sub(now); wait > 0 {
		return 0, wait
	}
	first := heap.Pop(&d.queue).(*dueAccount)
	delete(d.of, first.id)
	return first.id, 0
}

// dueQueue is a heap.Interface.
type dueQueue []*dueAccount

func (q dueQueue) Len() int           { return len(q) }
func (q dueQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }

func (q dueQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *dueQueue) Push(x any) {
	a := x.(*dueAccount)
	a.place = len(*q)
	*q = append(*q, a)
}

func (q *dueQueue) Pop() any {
	last := len(*q) - 1
	a := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return a
}
