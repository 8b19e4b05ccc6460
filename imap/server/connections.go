package server

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/restante/restante"
)

// Connections counts the connections of each account, over the Servers that share it
// and over other nodes. The zero value is ready.
type Connections struct {
	// Crowded is called when an account has come to so many connections here that
	// other nodes should hear of it (Told). It must not block. nil: nobody is told.
	Crowded func()

	mu struct {
		sync.Mutex
		here      map[restante.AccountID]int
		elsewhere map[restante.AccountID]int
		share     int // connections from which on an account is told of; 0: not known
	}
}

// What nodes tell one another is a list of accounts and how many connections each has,
// 8 and 4 bytes.
const (
	crowdSize = 12
	// toldAccounts is how many a node tells: those that have most.
	toldAccounts = 4096
	// sharesPerNode makes what is not told of an account, on all nodes together, less
	// than this part of the limit.
	sharesPerNode = 4
)

// enter counts a connection, or answers false if the account has limit of them.
func (c *Connections) enter(id restante.AccountID, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.mu.here[id]
	if n+c.mu.elsewhere[id] >= limit {
		return false
	}
	if c.mu.here == nil {
		c.mu.here = map[restante.AccountID]int{}
	}
	c.mu.here[id] = n + 1
	if c.mu.share > 0 && n+1 >= c.mu.share && c.Crowded != nil {
		c.Crowded()
	}
	return true
}

// leave undoes enter.
func (c *Connections) leave(id restante.AccountID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.here[id]--; c.mu.here[id] <= 0 {
		delete(c.mu.here, id)
	}
}

// Told answers what other nodes should know, for their Hear: the accounts that have
// more connections here than a small share of limit, the bound of an account's
// connections on all of so many nodes. So almost none are told, and those that are
// not told of have less than a quarter of the limit on all nodes together.
func (c *Connections) Told(limit, nodes int) []byte {
	share := max(limit/(sharesPerNode*max(nodes, 1)), 1)
	type crowd struct {
		id restante.AccountID
		n  int
	}
	var list []crowd
	c.mu.Lock()
	c.mu.share = share
	for id, n := range c.mu.here {
		if n >= share {
			list = append(list, crowd{id, n})
		}
	}
	c.mu.Unlock()
	slices.SortFunc(list, func(a, b crowd) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.id, b.id)) })
	list = list[:min(len(list), toldAccounts)]
	text := make([]byte, 0, crowdSize*len(list))
	for _, e := range list {
		text = binary.BigEndian.AppendUint64(text, uint64(e.id))
		text = binary.BigEndian.AppendUint32(text, uint32(e.n))
	}
	return text
}

// Hear takes what the other nodes tell.
func (c *Connections) Hear(others [][]byte) {
	elsewhere := map[restante.AccountID]int{}
	for _, text := range others {
		for ; len(text) >= crowdSize; text = text[crowdSize:] {
			elsewhere[restante.AccountID(binary.BigEndian.Uint64(text))] += int(binary.BigEndian.Uint32(text[8:]))
		}
	}
	c.mu.Lock()
	c.mu.elsewhere = elsewhere
	c.mu.Unlock()
}
