package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/cachedblob"
	"github.com/restante/restante/monitor"
)

// blobCollectors are the metrics of the store of large messages; none without one.
func blobCollectors(b *blobs) []prometheus.Collector {
	if b == nil {
		return nil
	}
	list := []prometheus.Collector{monitor.Collect(b.guarded.Stats, blobNumbers())}
	if b.cached != nil {
		list = append(list, monitor.Collect(b.cached.Stats, blobCacheNumbers()))
	}
	return list
}

// blobNumbers are the metrics of requests to the store of large messages.
func blobNumbers() []monitor.Number[blob.Stats] {
	numbers := []monitor.Number[blob.Stats]{
		{Name: "restante_blob_down", Help: "1 while the store of large messages does not answer.", Value: func(s blob.Stats) float64 {
			if s.Down {
				return 1
			}
			return 0
		}},
	}
	for _, op := range []struct {
		name string
		of   func(blob.Stats) blob.OpStats
	}{
		{"put", func(s blob.Stats) blob.OpStats { return s.Put }},
		{"read", func(s blob.Stats) blob.OpStats { return s.Read }},
		{"delete", func(s blob.Stats) blob.OpStats { return s.Delete }},
		{"list", func(s blob.Stats) blob.OpStats { return s.List }},
	} {
		prefix, what := "restante_blob_"+op.name, "Requests of kind "+op.name+" to the store of large messages"
		of := op.of
		numbers = append(numbers,
			monitor.Number[blob.Stats]{Name: prefix + "_requests_total", Help: what + ".", Counter: true, Value: func(s blob.Stats) float64 { return float64(of(s).Requests) }},
			monitor.Number[blob.Stats]{Name: prefix + "_errors_total", Help: what + " that failed in the end.", Counter: true, Value: func(s blob.Stats) float64 { return float64(of(s).Errors) }},
			monitor.Number[blob.Stats]{Name: prefix + "_retries_total", Help: what + " that were made again.", Counter: true, Value: func(s blob.Stats) float64 { return float64(of(s).Retries) }},
			monitor.Number[blob.Stats]{Name: prefix + "_bytes_total", Help: what + ": octets that they moved.", Counter: true, Value: func(s blob.Stats) float64 { return float64(of(s).Bytes) }},
			monitor.Number[blob.Stats]{Name: prefix + "_seconds_total", Help: what + ": time that they took.", Counter: true, Value: func(s blob.Stats) float64 { return of(s).Time.Seconds() }},
			monitor.Number[blob.Stats]{Name: prefix + "_active", Help: what + " under way.", Value: func(s blob.Stats) float64 { return float64(of(s).Active) }},
		)
	}
	return numbers
}

// blobCacheNumbers are the metrics of the cache before it.
func blobCacheNumbers() []monitor.Number[cachedblob.Stats] {
	type s = cachedblob.Stats
	return []monitor.Number[s]{
		{Name: "restante_blob_cache_hits_total", Help: "Blocks of large messages that came from the cache.", Counter: true, Value: func(s s) float64 { return float64(s.Hits) }},
		{Name: "restante_blob_cache_misses_total", Help: "Blocks of large messages that were not in the cache.", Counter: true, Value: func(s s) float64 { return float64(s.Misses) }},
		{Name: "restante_blob_cache_hit_bytes_total", Help: "Octets that came from the cache.", Counter: true, Value: func(s s) float64 { return float64(s.HitBytes) }},
		{Name: "restante_blob_cache_evicted_total", Help: "Blocks that made room for others.", Counter: true, Value: func(s s) float64 { return float64(s.Evicted) }},
		{Name: "restante_blob_cache_failures_total", Help: "Errors of the cache's disk.", Counter: true, Value: func(s s) float64 { return float64(s.Failures) }},
		{Name: "restante_blob_cache_damaged_total", Help: "Blocks with other octets than were written, which were read again.", Counter: true, Value: func(s s) float64 { return float64(s.Damaged) }},
		{Name: "restante_blob_cache_bytes", Help: "Size of the cache.", Value: func(s s) float64 { return float64(s.Bytes) }},
		{Name: "restante_blob_cache_blocks", Help: "Blocks in the cache.", Value: func(s s) float64 { return float64(s.Blocks) }},
	}
}
