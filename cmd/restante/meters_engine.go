package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante/config"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/monitor"
)

// engineCollectors are the metrics of a storage engine.
func engineCollectors(engine kv.Store) []prometheus.Collector {
	switch e := engine.(type) {
	case *pebblekv.Store:
		return []prometheus.Collector{monitor.Collect(e.Stats, pebbleNumbers())}
	case *pgkv.Store:
		return append(e.Collectors(), monitor.Collect(e.Stats, postgresNumbers()))
	}
	return nil
}

// engineName is what the configuration calls an engine.
func engineName(engine kv.Store) string {
	if _, ok := engine.(*pgkv.Store); ok {
		return config.EnginePostgreSQL
	}
	return config.EnginePebble
}

// pebbleNumbers are the metrics of the embedded engine.
func pebbleNumbers() []monitor.Number[pebblekv.Stats] {
	type s = pebblekv.Stats
	return []monitor.Number[s]{
		{Name: "restante_pebble_failed", Help: "1 once a failing disk has ended writing.", Value: func(s s) float64 {
			if s.Failed {
				return 1
			}
			return 0
		}},
		{Name: "restante_pebble_commits_total", Help: "Commits that were written.", Counter: true, Value: func(s s) float64 { return float64(s.Commits) }},
		{Name: "restante_pebble_disk_bytes", Help: "Size of all files.", Value: func(s s) float64 { return float64(s.DiskUse) }},
		{Name: "restante_pebble_flushes_total", Help: "Memtables that were written out.", Counter: true, Value: func(s s) float64 { return float64(s.Flushes) }},
		{Name: "restante_pebble_compactions_total", Help: "Compactions that have ended.", Counter: true, Value: func(s s) float64 { return float64(s.Compactions) }},
		{Name: "restante_pebble_compactions_running", Help: "Compactions under way.", Value: func(s s) float64 { return float64(s.CompactionsRunning) }},
		{Name: "restante_pebble_compaction_seconds_total", Help: "Time that compactions took.", Counter: true, Value: func(s s) float64 { return s.CompactionSeconds }},
		{Name: "restante_pebble_compaction_debt_bytes", Help: "Estimate of what is to be compacted.", Value: func(s s) float64 { return float64(s.CompactionDebt) }},
		{Name: "restante_pebble_read_amplification", Help: "Files that a look-up may have to ask.", Value: func(s s) float64 { return float64(s.ReadAmplification) }},
		{Name: "restante_pebble_log_bytes", Help: "Size of the write-ahead log.", Value: func(s s) float64 { return float64(s.LogBytes) }},
		{Name: "restante_pebble_log_written_bytes_total", Help: "Bytes written to the write-ahead log.", Counter: true, Value: func(s s) float64 { return float64(s.LogWritten) }},
		{Name: "restante_pebble_log_syncs_total", Help: "Syncs of the write-ahead log.", Counter: true, Value: func(s s) float64 { return float64(s.Syncs) }},
		{Name: "restante_pebble_log_sync_seconds_total", Help: "Time that those took.", Counter: true, Value: func(s s) float64 { return s.SyncSeconds }},
		{Name: "restante_pebble_memtable_bytes", Help: "Memory of commits that are not written out.", Value: func(s s) float64 { return float64(s.MemTables) }},
		{Name: "restante_pebble_cache_bytes", Help: "Memory of blocks read.", Value: func(s s) float64 { return float64(s.CacheBytes) }},
		{Name: "restante_pebble_cache_hits_total", Help: "Blocks that were in the cache.", Counter: true, Value: func(s s) float64 { return float64(s.CacheHits) }},
		{Name: "restante_pebble_cache_misses_total", Help: "Blocks that had to be read.", Counter: true, Value: func(s s) float64 { return float64(s.CacheMisses) }},
		{Name: "restante_pebble_values_bytes", Help: "Size of message bodies and other large values, garbage included.", Value: func(s s) float64 { return float64(s.Values) }},
		{Name: "restante_pebble_values_used_bytes", Help: "Of those, what is not garbage.", Value: func(s s) float64 { return float64(s.ValuesInUse) }},
		{Name: "restante_pebble_unclean_opens", Help: "How often the store was opened after an unclean end.", Value: func(s s) float64 { return float64(s.UncleanOpens) }},
	}
}
