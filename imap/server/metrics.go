package server

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/serve"
)

// Metrics count what the sessions of all servers that share them do. A nil *Metrics
// counts nothing. No label holds what a client has sent: commands are those of the
// table.
type Metrics struct {
	commands   map[string]*commandMetrics // by the names of the table
	unknown    *commandMetrics            // of what is none of them
	sessions   [conditions]prometheus.Gauge
	compressed [2][2]prometheus.Counter // received, sent; as it is, compressed

	conversions       *prometheus.CounterVec
	conversionSeconds *prometheus.HistogramVec
}

// NewMetrics registers the metrics of IMAP with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "restante_imap_commands_total", Help: "IMAP commands by name and tagged response.",
	}, []string{"command", "result"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "restante_imap_command_seconds", Help: "Time from a command's name to its tagged response, but of IDLE.",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"command"})
	sessions := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "restante_imap_sessions", Help: "IMAP sessions by state.",
	}, []string{"state"})
	compressed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "restante_imap_compress_bytes_total",
		Help: "Octets of connections with COMPRESS=DEFLATE that have ended, as they were and as they went over the line.",
	}, []string{"direction", "form"})
	m := &Metrics{commands: make(map[string]*commandMetrics), unknown: &commandMetrics{name: "unknown", total: total, seconds: seconds}}
	m.conversions, m.conversionSeconds = conversionMetrics()
	r.MustRegister(total, seconds, sessions, compressed, m.conversions, m.conversionSeconds)
	for _, row := range slices.Concat(table(), olderRows(), versionRows(), imap2Rows(), imap3Rows()) {
		if m.commands[row.name] == nil { // some are in several protocols
			m.commands[row.name] = &commandMetrics{name: row.name, total: total, seconds: seconds}
		}
	}
	for c, name := range [conditions]string{notCounted: "", loggedOut: "not authenticated", ready: "authenticated", open: "selected", idling: "idle"} {
		if name != "" {
			m.sessions[c] = sessions.WithLabelValues(name)
		}
	}
	for i, direction := range []string{"received", "sent"} {
		for j, form := range []string{"plain", "compressed"} {
			m.compressed[i][j] = compressed.WithLabelValues(direction, form)
		}
	}
	return m
}

// commandMetrics are those of one command. They are made when it is first used, so
// that what nobody uses is not told.
type commandMetrics struct {
	name    string
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec

	once        sync.Once
	ok, no, bad prometheus.Counter
	time        prometheus.Observer
}

// count counts a command that was answered.
func (m *Metrics) count(r *row, answer imap.StatusType, began time.Time) {
	if m == nil {
		return
	}
	c := m.unknown
	if r != nil {
		c = m.commands[r.name]
	}
	c.once.Do(func() {
		c.ok, c.no, c.bad = c.total.WithLabelValues(c.name, "ok"), c.total.WithLabelValues(c.name, "no"), c.total.WithLabelValues(c.name, "bad")
		c.time = c.seconds.WithLabelValues(c.name)
	})
	switch answer {
	case imap.StatusOK:
		c.ok.Inc()
	case imap.StatusBad:
		c.bad.Inc()
	default:
		c.no.Inc()
	}
	if c.name != "IDLE" {
		c.time.Observe(time.Since(began).Seconds())
	}
}

// condition is what a session does, as it is counted.
type condition uint8

const (
	notCounted condition = iota
	loggedOut
	ready
	open
	idling
	conditions
)

// condition gives the session's.
func (s *session) condition() condition {
	switch {
	case s.state == stateLogout:
		return notCounted
	case s.idle.active:
		return idling
	case s.state == stateSelected:
		return open
	case s.state == stateAuthenticated:
		return ready
	}
	return loggedOut
}

// countSession counts the session for what it does now.
func (s *session) countSession() {
	m, now := s.srv.metrics, s.condition()
	if m == nil || now == s.counted {
		return
	}
	if s.counted != notCounted {
		m.sessions[s.counted].Dec()
	}
	if now != notCounted {
		m.sessions[now].Inc()
	}
	s.counted = now
}

// compression counts a compressed connection that has ended.
func (m *Metrics) compression(c serve.Compression) {
	if m == nil {
		return
	}
	m.compressed[0][0].Add(float64(c.Received))
	m.compressed[0][1].Add(float64(c.ReceivedCompressed))
	m.compressed[1][0].Add(float64(c.Sent))
	m.compressed[1][1].Add(float64(c.SentCompressed))
}
