package pgkv

import (
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Stats is what a store has done since it was opened, and how it is now.
type Stats struct {
	Commits   uint64 // that were made
	Conflicts uint64 // commits that came too late
	Unknown   uint64 // commits whose answer was lost, and of which was asked
	Snapshots uint64 // that were opened

	RoundTrips uint64 // to the database, without those of news
	Retries    uint64 // calls that were tried again after an error
	Lost       uint64 // connections that broke while they were used

	OpenSnapshots int // now

	Readers, Writers PoolStats
	News             NewsStats
}

// PoolStats tells of a pool of connections.
type PoolStats struct {
	Max    int           // connections that there may be
	Open   int           // that there are
	Used   int           // of them in use
	Waits  uint64        // how often somebody waited for one
	Waited time.Duration // how long in all
}

// NewsStats tells of what nodes tell each other of their commits.
type NewsStats struct {
	Sent, Failed uint64        // messages, and attempts that were none
	Heard        uint64        // messages of others
	Missed       uint64        // times that any partition may have changed unheard
	Nodes        int           // others that were heard of lately
	Lag          time.Duration // between the sending of the last own message that was heard, and that
	Silence      time.Duration // since that; it grows where messages do not arrive
}

// counters are those of Stats.
type counters struct {
	commits, conflicts, unknown, snapshots, roundTrips, retries, lost atomic.Uint64
}

// Stats answers them. It is cheap.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	open := len(s.mu.snapshots)
	s.mu.Unlock()
	c := &s.count
	return Stats{
		Commits: c.commits.Load(), Conflicts: c.conflicts.Load(), Unknown: c.unknown.Load(), Snapshots: c.snapshots.Load(),
		RoundTrips: c.roundTrips.Load(), Retries: c.retries.Load(), Lost: c.lost.Load(),
		OpenSnapshots: open,
		Readers:       statsOf(s.readers), Writers: statsOf(s.writers), News: s.news.stats(),
	}
}

func statsOf(p *pgxpool.Pool) PoolStats {
	st := p.Stat()
	return PoolStats{
		Max: int(st.MaxConns()), Open: int(st.TotalConns()), Used: int(st.AcquiredConns()),
		Waits: uint64(st.EmptyAcquireCount()), Waited: st.EmptyAcquireWaitTime(),
	}
}
