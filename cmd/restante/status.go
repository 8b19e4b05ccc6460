package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/monitor"
)

// opStatus answers a monitor.Report. Only a running server has it.
const opStatus = "status"

func newStatus(f *flags) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how the running server does",
		Long: "Status asks the server of this configuration how it does: its store, connections, rates, caches and the last " +
			"errors. The exit status is 0 only if the server is ready and changes do not wait for a standby. With --json it prints all that /metrics has, too.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			var r monitor.Report
			client := admin.Client{Socket: conf.AdminSocket()}
			if err := client.Call(c.Context(), opStatus, struct{}{}, nil, &r); err != nil {
				if errors.Is(err, admin.ErrNoServer) {
					return fmt.Errorf("%w for %s", err, conf.Data)
				}
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				err = e.Encode(r)
			} else {
				err = writeStatus(c.OutOrStdout(), &r, time.Now())
			}
			if err == nil && (r.NotReady != "" || r.Waiting != "") {
				err = errUnclean
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object with all metrics")
	return c
}

// writeStatus prints a report for people.
func writeStatus(w io.Writer, r *monitor.Report, now time.Time) error {
	p := &page{w: w}
	state := "ready"
	switch {
	case r.NotReady != "":
		state = "NOT READY: " + r.NotReady
	case r.Waiting != "":
		state = "ready to read only"
	}
	p.line("restante", "%s on %s, process %d, up %v, %s", r.Version, r.Host, r.PID, now.Sub(r.Started).Round(time.Second), state)
	p.line("store", "%s", r.Engine)
	if r.Waiting != "" {
		p.more("%s", r.Waiting)
	}
	p.pebble(r)
	p.postgresql(r)
	p.blobs(r)
	p.nodes(r, now)
	p.connections(r)
	p.logins(r)
	p.commands(r)
	p.mail(r)
	p.caches(r)
	p.line("memory", "%s in use, %.0f goroutines", size(int64(r.Sum("process_resident_memory_bytes"))), r.Sum("go_goroutines"))
	if len(r.Problems) > 0 {
		p.line("last problems", "")
		for _, problem := range r.Problems {
			p.more("%s %s %s", problem.At.Format("2006-01-02 15:04:05"), problem.Level, problem.Text)
		}
	}
	return p.err
}

// page writes lines with a word in front, and keeps the first error.
type page struct {
	w   io.Writer
	err error
}

func (p *page) line(word, format string, args ...any) {
	if p.err == nil {
		text := fmt.Sprintf(format, args...)
		if text != "" {
			text = fmt.Sprintf("%-15s%s", word, text)
		} else {
			text = word
		}
		_, p.err = fmt.Fprintln(p.w, text)
	}
}

func (p *page) more(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, "               "+format+"\n", args...)
	}
}

func (p *page) pebble(r *monitor.Report) {
	if r.Sum("restante_pebble_disk_bytes") == 0 {
		return
	}
	if r.Sum("restante_pebble_failed") > 0 {
		p.more("WRITING HAS ENDED: the disk has failed; start the server anew")
	}
	bytes := func(name string) string { return size(int64(r.Sum(name))) }
	p.more("%s on disk, log %s, memtables %s, %.0f compactions (%.0f running, %s to do)", bytes("restante_pebble_disk_bytes"),
		bytes("restante_pebble_log_bytes"), bytes("restante_pebble_memtable_bytes"), r.Sum("restante_pebble_compactions_total"),
		r.Sum("restante_pebble_compactions_running"), bytes("restante_pebble_compaction_debt_bytes"))
	if n := r.Sum("restante_pebble_log_syncs_total"); n > 0 {
		p.more("%.0f syncs of the log, %v each", n, seconds(r.Sum("restante_pebble_log_sync_seconds_total")/n))
	}
	p.more("cache %s, %s", bytes("restante_pebble_cache_bytes"),
		hitRate(r.Sum("restante_pebble_cache_hits_total"), r.Sum("restante_pebble_cache_misses_total")))
}

func (p *page) nodes(r *monitor.Report, now time.Time) {
	if r.Alone != "" {
		p.line("nodes", "the others do not hear of this one: %s", r.Alone)
	}
	if len(r.Nodes) < 2 {
		return
	}
	p.line("nodes", "%d", len(r.Nodes))
	for _, n := range r.Nodes {
		self := ""
		if n.Self {
			self = ", this one"
		}
		p.more("%s, up %v%s", n.Name, now.Sub(n.Started).Round(time.Second), self)
	}
}

func (p *page) connections(r *monitor.Report) {
	text := ""
	for _, m := range r.Metrics {
		if m.Name == "restante_connections" {
			text += fmt.Sprintf("%.0f %s, ", m.Value, m.Labels["protocol"])
		}
	}
	p.line("connections", "%s%.1f a second, %.0f refused", text, r.Rates["restante_connections_total"], r.Sum("restante_connections_refused_total"))
	text = ""
	for _, m := range r.Metrics {
		if m.Name == "restante_imap_sessions" {
			text += fmt.Sprintf(", %.0f %s", m.Value, m.Labels["state"])
		}
	}
	if text != "" {
		p.more("IMAP: %s", text[2:])
	}
	p.more("%s/s received, %s/s sent", size(int64(r.Rates["restante_received_bytes_total"])), size(int64(r.Rates["restante_sent_bytes_total"])))
}

func (p *page) logins(r *monitor.Report) {
	p.line("logins", "%.0f ok, %.0f failed, %.0f had to wait, %.0f refused as too many; %.1f a second", r.Sum("restante_logins_total", "result", "ok"),
		r.Sum("restante_logins_total", "result", "failed"), r.Sum("restante_logins_throttled_total"),
		r.Sum("restante_logins_total", "result", "busy"), r.Rates["restante_logins_total"])
}

func (p *page) commands(r *monitor.Report) {
	p.line("commands", "%.0f ok, %.0f no, %.0f bad; %.1f a second", r.Sum("restante_imap_commands_total", "result", "ok"),
		r.Sum("restante_imap_commands_total", "result", "no"), r.Sum("restante_imap_commands_total", "result", "bad"),
		r.Rates["restante_imap_commands_total"])
	for _, m := range r.Metrics {
		if m.Name == "restante_imap_command_seconds" && m.Count > 0 {
			p.latency(m.Labels["command"], m)
		}
	}
}

// latency prints how long something takes.
func (p *page) latency(what string, m monitor.Metric) {
	p.more("%-16s %9d  mean %-9v p50 ≤ %-8v p99 ≤ %v", what, m.Count, seconds(m.Value/float64(m.Count)), seconds(m.Median), seconds(m.P99))
}

func (p *page) mail(r *monitor.Report) {
	p.line("deliveries", "%.0f delivered, %.0f deferred, %.0f refused; %.1f a second", r.Sum("restante_deliveries_total", "result", "delivered"),
		r.Sum("restante_deliveries_total", "result", "deferred"), r.Sum("restante_deliveries_total", "result", "refused"), r.Rates["restante_deliveries_total"])
	p.line("changes", "%.0f committed, %.1f a second; %.0f computed again, %.0f given up", r.Sum("restante_account_commits_total"),
		r.Rates["restante_account_commits_total"], r.Sum("restante_account_conflicts_total"), r.Sum("restante_account_conflicts_given_up_total"))
}

func (p *page) caches(r *monitor.Report) {
	p.line("accounts", "%.0f open, %.0f kept in %s", r.Sum("restante_accounts_open"), r.Sum("restante_accounts_idle"), size(int64(r.Sum("restante_accounts_idle_bytes"))))
	p.line("search", "columns of %.0f accounts in %s, %s", r.Sum("restante_search_columns_accounts"), size(int64(r.Sum("restante_search_columns_bytes"))),
		hitRate(r.Sum("restante_search_columns_hits_total"), r.Sum("restante_search_columns_misses_total")))
}

// seconds prints a time with three digits or so.
func seconds(s float64) time.Duration {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(100 * time.Nanosecond)
}

func hitRate(hits, misses float64) string {
	if hits+misses == 0 {
		return "not used yet"
	}
	return fmt.Sprintf("%.1f%% hits", 100*hits/(hits+misses))
}
