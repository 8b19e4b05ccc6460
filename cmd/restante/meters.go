package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/restante/restante/auth"
	imapserver "github.com/restante/restante/imap/server"
	"github.com/restante/restante/lmtp"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/monitor"
	"github.com/restante/restante/serve"
)

// meters are all metrics of a server. They outlive the front-ends, which a reload
// makes anew.
type meters struct {
	registry *prometheus.Registry
	imap     *imapserver.Metrics
	lmtp     *lmtp.Metrics
	auth     *auth.Metrics
	serve    *serve.Metrics
}

// newMeters makes the metrics of a server on a node.
func newMeters(n *node) *meters {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		monitor.Collect(n.store.Stats, mailstoreNumbers()),
	)
	r.MustRegister(engineCollectors(n.kv)...)
	r.MustRegister(blobCollectors(n.blobs)...)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "restante_build_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": version()},
	})
	build.Set(1)
	r.MustRegister(build)
	return &meters{
		registry: r, imap: imapserver.NewMetrics(r), lmtp: lmtp.NewMetrics(r), auth: auth.NewMetrics(r), serve: serve.NewMetrics(r),
	}
}

// mailstoreNumbers are the metrics of the accounts on this node.
func mailstoreNumbers() []monitor.Number[mailstore.Stats] {
	type s = mailstore.Stats
	return []monitor.Number[s]{
		{Name: "restante_account_loads_total", Help: "Accounts that were read from the store.", Counter: true, Value: func(s s) float64 { return float64(s.Loads) }},
		{Name: "restante_account_reloads_total", Help: "Accounts that were read again because another node had changed them.", Counter: true, Value: func(s s) float64 { return float64(s.Reloads) }},
		{Name: "restante_account_commits_total", Help: "Changes of accounts that were committed.", Counter: true, Value: func(s s) float64 { return float64(s.Commits) }},
		{Name: "restante_account_conflicts_total", Help: "Changes that were computed again because another node was first.", Counter: true, Value: func(s s) float64 { return float64(s.Conflicts) }},
		{Name: "restante_account_conflicts_given_up_total", Help: "Changes that met more conflicts than are borne.", Counter: true, Value: func(s s) float64 { return float64(s.GivenUp) }},
		{Name: "restante_messages_stored_total", Help: "Messages that were appended or delivered.", Counter: true, Value: func(s s) float64 { return float64(s.Messages) }},
		{Name: "restante_messages_stored_bytes_total", Help: "Their octets.", Counter: true, Value: func(s s) float64 { return float64(s.Bytes) }},
		{Name: "restante_accounts_open", Help: "Accounts in use.", Value: func(s s) float64 { return float64(s.Open) }},
		{Name: "restante_accounts_idle", Help: "Accounts kept in memory that nobody uses.", Value: func(s s) float64 { return float64(s.Idle) }},
		{Name: "restante_accounts_idle_bytes", Help: "Memory that those take.", Value: func(s s) float64 { return float64(s.IdleBytes) }},
		{Name: "restante_search_columns_accounts", Help: "Accounts with columns for searching and sorting in memory.", Value: func(s s) float64 { return float64(s.Columns) }},
		{Name: "restante_search_columns_bytes", Help: "Memory that those take.", Value: func(s s) float64 { return float64(s.ColumnBytes) }},
		{Name: "restante_search_columns_hits_total", Help: "Blocks of columns that were asked for and in memory.", Counter: true, Value: func(s s) float64 { return float64(s.ColumnHits) }},
		{Name: "restante_search_columns_misses_total", Help: "Blocks of columns that had to be made from the store.", Counter: true, Value: func(s s) float64 { return float64(s.ColumnMisses) }},
	}
}
