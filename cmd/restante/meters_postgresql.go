package main

import (
	"context"
	"fmt"
	"time"

	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/monitor"
)

// postgresNumbers are the metrics of the engine over PostgreSQL.
func postgresNumbers() []monitor.Number[pgkv.Stats] {
	type s = pgkv.Stats
	return []monitor.Number[s]{
		{Name: "restante_postgresql_commits_total", Help: "Commits that were made.", Counter: true, Value: func(s s) float64 { return float64(s.Commits) }},
		{Name: "restante_postgresql_conflicts_total", Help: "Commits that came too late, because another node was first.", Counter: true, Value: func(s s) float64 { return float64(s.Conflicts) }},
		{Name: "restante_postgresql_commits_unknown_total", Help: "Commits whose answer was lost, and of which was asked.", Counter: true, Value: func(s s) float64 { return float64(s.Unknown) }},
		{Name: "restante_postgresql_snapshots_total", Help: "Snapshots that were opened.", Counter: true, Value: func(s s) float64 { return float64(s.Snapshots) }},
		{Name: "restante_postgresql_snapshots_open", Help: "Snapshots that are open.", Value: func(s s) float64 { return float64(s.OpenSnapshots) }},
		{Name: "restante_postgresql_round_trips_total", Help: "Round trips to the database, without those of news between nodes.", Counter: true, Value: func(s s) float64 { return float64(s.RoundTrips) }},
		{Name: "restante_postgresql_retries_total", Help: "Calls that were tried again after an error.", Counter: true, Value: func(s s) float64 { return float64(s.Retries) }},
		{Name: "restante_postgresql_connections_lost_total", Help: "Connections that broke while they were used.", Counter: true, Value: func(s s) float64 { return float64(s.Lost) }},
		{Name: "restante_postgresql_read_connections", Help: "Connections for reading.", Value: func(s s) float64 { return float64(s.Readers.Open) }},
		{Name: "restante_postgresql_read_connections_used", Help: "Of those, in use.", Value: func(s s) float64 { return float64(s.Readers.Used) }},
		{Name: "restante_postgresql_read_connections_max", Help: "How many there may be.", Value: func(s s) float64 { return float64(s.Readers.Max) }},
		{Name: "restante_postgresql_read_waits_total", Help: "How often somebody waited for one.", Counter: true, Value: func(s s) float64 { return float64(s.Readers.Waits) }},
		{Name: "restante_postgresql_read_wait_seconds_total", Help: "How long in all.", Counter: true, Value: func(s s) float64 { return s.Readers.Waited.Seconds() }},
		{Name: "restante_postgresql_write_connections", Help: "Connections for commits.", Value: func(s s) float64 { return float64(s.Writers.Open) }},
		{Name: "restante_postgresql_write_connections_used", Help: "Of those, in use.", Value: func(s s) float64 { return float64(s.Writers.Used) }},
		{Name: "restante_postgresql_write_connections_max", Help: "How many there may be.", Value: func(s s) float64 { return float64(s.Writers.Max) }},
		{Name: "restante_postgresql_write_waits_total", Help: "How often somebody waited for one.", Counter: true, Value: func(s s) float64 { return float64(s.Writers.Waits) }},
		{Name: "restante_postgresql_write_wait_seconds_total", Help: "How long in all.", Counter: true, Value: func(s s) float64 { return s.Writers.Waited.Seconds() }},
		{Name: "restante_watch_sent_total", Help: "Messages of this node to others about its commits.", Counter: true, Value: func(s s) float64 { return float64(s.News.Sent) }},
		{Name: "restante_watch_failed_total", Help: "Attempts to send one that failed.", Counter: true, Value: func(s s) float64 { return float64(s.News.Failed) }},
		{Name: "restante_watch_heard_total", Help: "Messages of other nodes.", Counter: true, Value: func(s s) float64 { return float64(s.News.Heard) }},
		{Name: "restante_watch_missed_total", Help: "Times that commits of other nodes may have gone unheard, so that all open accounts were looked at.", Counter: true, Value: func(s s) float64 { return float64(s.News.Missed) }},
		{Name: "restante_watch_nodes", Help: "Other nodes that were heard of lately.", Value: func(s s) float64 { return float64(s.News.Nodes) }},
		{Name: "restante_watch_lag_seconds", Help: "How long a message to the other nodes was on its way.", Value: func(s s) float64 { return s.News.Lag.Seconds() }},
		{Name: "restante_watch_silence_seconds", Help: "Time since a message was heard last; it grows where none arrive.", Value: func(s s) float64 { return s.News.Silence.Seconds() }},
	}
}

// longWait is from how long on commits that wait for a standby are told of; all do for a moment.
const longWait = time.Second

// commitsWait says so if commits wait for a standby, which their database alone knows.
func (s *service) commitsWait(ctx context.Context) string {
	engine, ok := s.node.kv.(*pgkv.Store)
	if !ok {
		return ""
	}
	b, err := engine.Backlog(ctx)
	if err != nil {
		s.logger.Debug("cannot ask what waits for a standby", "error", err)
		return ""
	}
	if b.Longest < longWait {
		return ""
	}
	return fmt.Sprintf("COMMITS WAIT for the standby: %d of them, the first for %v", b.Commits, b.Longest.Round(time.Second))
}

// postgresql prints the engine over PostgreSQL.
func (p *page) postgresql(r *monitor.Report) {
	if r.Sum("restante_postgresql_write_connections_max") == 0 {
		return
	}
	p.more("%.0f commits, %.0f conflicts, %.0f round trips, %.1f a second; %.0f tried again, %.0f connections lost",
		r.Sum("restante_postgresql_commits_total"), r.Sum("restante_postgresql_conflicts_total"), r.Sum("restante_postgresql_round_trips_total"),
		r.Rates["restante_postgresql_round_trips_total"], r.Sum("restante_postgresql_retries_total"), r.Sum("restante_postgresql_connections_lost_total"))
	for _, m := range r.Metrics {
		switch {
		case m.Count == 0:
		case m.Name == "restante_postgresql_commit_seconds":
			p.latency("commits", m)
		case m.Name == "restante_postgresql_read_seconds":
			p.latency("reads", m)
		}
	}
	p.more("connections for reading %.0f of %.0f in use, for commits %.0f of %.0f", r.Sum("restante_postgresql_read_connections_used"),
		r.Sum("restante_postgresql_read_connections_max"), r.Sum("restante_postgresql_write_connections_used"), r.Sum("restante_postgresql_write_connections_max"))
	p.more("news of commits: %.0f messages sent, %.0f heard, %v on their way, silent for %v, missed %.0f times", r.Sum("restante_watch_sent_total"),
		r.Sum("restante_watch_heard_total"), seconds(r.Sum("restante_watch_lag_seconds")), seconds(r.Sum("restante_watch_silence_seconds")),
		r.Sum("restante_watch_missed_total"))
}
