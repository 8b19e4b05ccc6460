package serve

import "github.com/prometheus/client_golang/prometheus"

// Metrics count connections and octets by protocol. A nil *Metrics counts nothing.
type Metrics struct {
	open       *prometheus.GaugeVec
	accepted   *prometheus.CounterVec
	refused    *prometheus.CounterVec
	handshakes *prometheus.CounterVec
	received   *prometheus.CounterVec
	sent       *prometheus.CounterVec
}

// NewMetrics registers the metrics of connections with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	m := &Metrics{
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "restante_connections", Help: "Open connections by protocol.",
		}, []string{"protocol"}),
		accepted:   counter("restante_connections_total", "Connections that were taken.", "protocol"),
		refused:    counter("restante_connections_refused_total", "Connections that were closed at once, by reason.", "protocol", "reason"),
		handshakes: counter("restante_tls_handshakes_failed_total", "TLS handshakes that failed.", "protocol"),
		received:   counter("restante_received_bytes_total", "Octets received, as they go over the line.", "protocol"),
		sent:       counter("restante_sent_bytes_total", "Octets sent, as they go over the line.", "protocol"),
	}
	r.MustRegister(m.open)
	return m
}

// protocolMetrics are those of one protocol.
type protocolMetrics struct {
	open             prometheus.Gauge
	accepted         prometheus.Counter
	refused          [refusals]prometheus.Counter
	handshakesFailed prometheus.Counter
	received, sent   prometheus.Counter
}

// of gives the metrics of a protocol; of a nil m they are nil.
func (m *Metrics) of(protocol string) *protocolMetrics {
	if m == nil {
		return nil
	}
	p := &protocolMetrics{
		open: m.open.WithLabelValues(protocol), accepted: m.accepted.WithLabelValues(protocol),
		handshakesFailed: m.handshakes.WithLabelValues(protocol),
		received:         m.received.WithLabelValues(protocol), sent: m.sent.WithLabelValues(protocol),
	}
	for r := range p.refused {
		p.refused[r] = m.refused.WithLabelValues(protocol, Refusal(r).String())
	}
	return p
}

func (m *protocolMetrics) opened() {
	if m != nil {
		m.accepted.Inc()
		m.open.Inc()
	}
}

func (m *protocolMetrics) closed() {
	if m != nil {
		m.open.Dec()
	}
}

func (m *protocolMetrics) refusal(r Refusal) {
	if m != nil {
		m.refused[r].Inc()
	}
}

func (m *protocolMetrics) handshakeFailed() {
	if m != nil {
		m.handshakesFailed.Inc()
	}
}

func (m *protocolMetrics) read(n int) {
	if m != nil && n > 0 {
		m.received.Add(float64(n))
	}
}

func (m *protocolMetrics) wrote(n int) {
	if m != nil && n > 0 {
		m.sent.Add(float64(n))
	}
}
