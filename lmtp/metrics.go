package lmtp

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count deliveries. A nil *Metrics counts nothing.
type Metrics struct {
	delivered, deferred, refused prometheus.Counter
	bytes                        prometheus.Counter
	seconds                      prometheus.Observer
}

// NewMetrics registers the metrics of deliveries with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "restante_deliveries_total", Help: "Recipients by what they were answered: delivered, deferred (4xx) or refused (5xx).",
	}, []string{"result"})
	m := &Metrics{
		delivered: total.WithLabelValues("delivered"), deferred: total.WithLabelValues("deferred"), refused: total.WithLabelValues("refused"),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "restante_delivered_bytes_total", Help: "Octets of the messages delivered, once a recipient.",
		}),
	}
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "restante_delivery_seconds", Help: "Time to store a message that has come, for all its recipients.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	})
	m.seconds = seconds
	r.MustRegister(total, m.bytes, seconds)
	return m
}

// stored counts a recipient that got a message of so many octets.
func (m *Metrics) stored(size int64) {
	if m != nil {
		m.delivered.Inc()
		m.bytes.Add(float64(size))
	}
}

// answered counts a recipient that was refused with an SMTP code.
func (m *Metrics) answered(code int) {
	switch {
	case m == nil:
	case code >= 500:
		m.refused.Inc()
	default:
		m.deferred.Inc()
	}
}

// took notes how long all deliveries of a message took.
func (m *Metrics) took(since time.Time) {
	if m != nil {
		m.seconds.Observe(time.Since(since).Seconds())
	}
}
