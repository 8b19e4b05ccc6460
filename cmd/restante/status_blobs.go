package main

import "github.com/restante/restante/monitor"

// blobs prints the store of large messages, where there is one.
func (p *page) blobs(r *monitor.Report) {
	has := false
	for _, m := range r.Metrics {
		has = has || m.Name == "restante_blob_down"
	}
	if !has {
		return
	}
	state := "answers"
	if r.Sum("restante_blob_down") > 0 {
		state = "DOES NOT ANSWER"
	}
	p.line("large messages", "their store %s", state)
	for _, op := range []string{"put", "read", "delete", "list"} {
		prefix := "restante_blob_" + op
		n := r.Sum(prefix + "_requests_total")
		if n == 0 {
			continue
		}
		p.more("%-8s %.0f requests, %v each, %s; %.0f tried again, %.0f failed", op, n, seconds(r.Sum(prefix+"_seconds_total")/n),
			size(int64(r.Sum(prefix+"_bytes_total"))), r.Sum(prefix+"_retries_total"), r.Sum(prefix+"_errors_total"))
	}
	if hits, misses := r.Sum("restante_blob_cache_hits_total"), r.Sum("restante_blob_cache_misses_total"); hits+misses > 0 {
		p.more("cache    %s, %s", size(int64(r.Sum("restante_blob_cache_bytes"))), hitRate(hits, misses))
	}
}
