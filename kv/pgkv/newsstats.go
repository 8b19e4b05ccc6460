package pgkv

import (
	"sync"
	"sync/atomic"
	"time"
)

// newsCounters are those of NewsStats.
type newsCounters struct {
	sent, failed, heard, missed atomic.Uint64
	mu                          struct {
		sync.Mutex
		sequence uint64    // of the last own message
		begun    time.Time // when it was first sent
		arrived  time.Time // when an own message was last heard
		lag      time.Duration
	}
}

// sending notes that a message is about to be sent, for the first time or again.
func (c *newsCounters) sending(sequence uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.sequence != sequence {
		c.mu.sequence, c.mu.begun = sequence, time.Now()
	}
	if c.mu.arrived.IsZero() {
		c.mu.arrived = c.mu.begun
	}
}

// arrived notes that an own message was heard.
func (c *newsCounters) arrived(sequence uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.arrived = time.Now()
	if c.mu.sequence == sequence {
		c.mu.lag = c.mu.arrived.Sub(c.mu.begun)
	}
}

func (n *news) stats() NewsStats {
	c := &n.count
	st := NewsStats{Sent: c.sent.Load(), Failed: c.failed.Load(), Heard: c.heard.Load(), Missed: c.missed.Load()}
	c.mu.Lock()
	if st.Lag = c.mu.lag; !c.mu.arrived.IsZero() {
		st.Silence = time.Since(c.mu.arrived)
	}
	c.mu.Unlock()
	n.peers.Lock()
	st.Nodes = len(n.nodes)
	n.peers.Unlock()
	return st
}
