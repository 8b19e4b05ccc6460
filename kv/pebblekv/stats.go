package pebblekv

import (
	"context"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// Stats are numbers of an open store: counts since it was opened, and sizes, in
// bytes, as they are now.
type Stats struct {
	Failed bool // writing has ended (see Options.Failed)

	Commits uint64 // that were written
	DiskUse uint64 // all files

	Flushes            uint64 // memtables that were written out
	Compactions        uint64
	CompactionsRunning int64
	CompactionSeconds  float64
	CompactionDebt     uint64 // estimate of what is to be compacted
	ReadAmplification  int    // files that a look-up may have to ask

	LogBytes     uint64  // of the write-ahead log, live
	LogWritten   uint64  // bytes that were written to it
	Syncs        uint64  // of the log
	SyncSeconds  float64 // that those took together
	MemTables    uint64  // memory of commits that are not written out
	CacheBytes   int64
	CacheHits    int64
	CacheMisses  int64
	Values       uint64 // of message bodies and other large values, as they lie
	ValuesInUse  uint64 // of those, what is not garbage
	UncleanOpens uint64
}

// Stats answers the store's numbers; zeros once it is closed.
func (s *Store) Stats() Stats {
	if s.enter(context.Background()) != nil {
		return Stats{}
	}
	defer s.leave()
	m := s.db.Metrics()
	st := Stats{
		Failed: s.failed.get() != nil, Commits: s.commits.Load(), DiskUse: m.DiskSpaceUsage(),
		Flushes: uint64(m.Flush.Count), Compactions: uint64(m.Compact.Count), CompactionsRunning: m.Compact.NumInProgress,
		CompactionSeconds: m.Compact.Duration.Seconds(), CompactionDebt: m.Compact.EstimatedDebt, ReadAmplification: m.ReadAmp(),
		LogBytes: m.WAL.Size, LogWritten: m.WAL.BytesWritten, MemTables: m.MemTable.Size,
		CacheBytes: m.BlockCache.Size, CacheHits: m.BlockCache.Hits, CacheMisses: m.BlockCache.Misses,
		Values: m.BlobFiles.ValueSize, ValuesInUse: m.BlobFiles.ReferencedValueSize, UncleanOpens: s.unclean,
	}
	if h := m.LogWriter.FsyncLatency; h != nil {
		var sum dto.Metric
		if h.Write(&sum) == nil && sum.Histogram != nil {
			st.Syncs, st.SyncSeconds = sum.Histogram.GetSampleCount(), sum.Histogram.GetSampleSum()/float64(time.Second)
		}
	}
	return st
}
