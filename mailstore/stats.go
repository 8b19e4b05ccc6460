package mailstore

import "sync/atomic"

// Stats are numbers of a store on this node since it was opened, and of its caches
// as they are now.
type Stats struct {
	Loads     uint64 // accounts that were read from the engine
	Reloads   uint64 // accounts that were read again because another node had changed them, or might have
	Commits   uint64 // changes that were committed
	Conflicts uint64 // changes that were computed again because another node was first
	GivenUp   uint64 // changes that met more conflicts than are borne
	Messages  uint64 // messages appended or delivered
	Bytes     uint64 // their octets

	Open      int   // accounts in use
	Idle      int   // accounts kept that nobody uses
	IdleBytes int64 // what those take

	Columns      int   // accounts with columns for searches and sorting in memory
	ColumnBytes  int64 // what those take
	ColumnHits   uint64
	ColumnMisses uint64 // blocks of columns that had to be read
}

// counters are what Stats is made of.
type counters struct {
	loads, reloads, commits, conflicts, givenUp atomic.Uint64
	messages, bytes                             atomic.Uint64
}

// Stats answers the store's numbers.
func (s *Store) Stats() Stats {
	c := &s.counters
	st := Stats{
		Loads: c.loads.Load(), Reloads: c.reloads.Load(), Commits: c.commits.Load(), Conflicts: c.conflicts.Load(), GivenUp: c.givenUp.Load(),
		Messages: c.messages.Load(), Bytes: c.bytes.Load(),
	}
	s.cache.mu.Lock()
	st.Idle, st.IdleBytes = s.cache.mu.idle.Len(), s.cache.mu.idleBytes
	st.Open = len(s.cache.mu.accounts) - st.Idle
	s.cache.mu.Unlock()
	s.columns.mu.Lock()
	st.Columns, st.ColumnBytes = len(s.columns.mu.accounts), s.columns.mu.bytes
	st.ColumnHits, st.ColumnMisses = s.columns.mu.hits, s.columns.mu.misses
	s.columns.mu.Unlock()
	return st
}

// appended counts messages that were stored.
func (c *counters) appended(uploads []*upload) {
	for _, u := range uploads {
		if !u.skipped {
			c.messages.Add(1)
			c.bytes.Add(uint64(u.size))
		}
	}
}
