package blob

import (
	"sync/atomic"
	"time"
)

// Stats counts what a guarded store was asked for since it was made.
type Stats struct {
	Put, Read, Delete, List OpStats
	Down                    bool // it has failed so often in a row that it is asked once only
}

// OpStats counts the requests of one kind.
type OpStats struct {
	Requests uint64
	Errors   uint64 // requests that failed in the end; an object that is not there is none
	Retries  uint64
	Bytes    uint64        // octets of bodies
	Time     time.Duration // that all requests took together
	Active   int64         // under way now
}

// counts are OpStats while they are counted.
type counts struct {
	requests, errors, retries, bytes atomic.Uint64
	nanos, active                    atomic.Int64
}

func (c *counts) begin() time.Time {
	c.requests.Add(1)
	c.active.Add(1)
	return time.Now()
}

func (c *counts) end(begun time.Time, err error) {
	c.active.Add(-1)
	c.nanos.Add(int64(time.Since(begun)))
	if err != nil && !final(err) {
		c.errors.Add(1)
	}
}

func (c *counts) stats() OpStats {
	return OpStats{
		Requests: c.requests.Load(), Errors: c.errors.Load(), Retries: c.retries.Load(), Bytes: c.bytes.Load(),
		Time: time.Duration(c.nanos.Load()), Active: c.active.Load(),
	}
}

// Stats answers what was counted so far.
func (g *Guarded) Stats() Stats {
	return Stats{
		Put: g.stats.put.stats(), Read: g.stats.read.stats(), Delete: g.stats.remove.stats(), List: g.stats.list.stats(),
		Down: g.failures.Load() > downAfter*int32(g.o.Attempts),
	}
}
