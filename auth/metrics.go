package auth

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante"
)

// Metrics count logins. A nil *Metrics counts nothing.
type Metrics struct {
	ok, failed, busy, unavailable prometheus.Counter
	throttled                     prometheus.Counter
	remembered                    prometheus.Counter
}

// NewMetrics registers the metrics of logins with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	logins := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "restante_logins_total", Help: "Logins by result. Busy ones were refused because too many of their address were under way.",
	}, []string{"result"})
	m := &Metrics{
		ok: logins.WithLabelValues("ok"), failed: logins.WithLabelValues("failed"),
		busy: logins.WithLabelValues("busy"), unavailable: logins.WithLabelValues("unavailable"),
		throttled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "restante_logins_throttled_total", Help: "Logins that had to wait because their address or user name had failed often.",
		}),
		remembered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "restante_logins_remembered_total", Help: "Logins that cost no slow hash because their password was verified a while ago.",
		}),
	}
	r.MustRegister(logins, m.throttled, m.remembered)
	return m
}

// login counts a login that ended in err.
func (m *Metrics) login(err error) {
	switch {
	case m == nil:
	case err == nil:
		m.ok.Inc()
	case errors.Is(err, restante.ErrAuthFailed):
		m.failed.Inc()
	case errors.Is(err, ErrBusy):
		m.busy.Inc()
	case errors.Is(err, restante.ErrUnavailable):
		m.unavailable.Inc()
	}
}

func (m *Metrics) throttle() {
	if m != nil {
		m.throttled.Inc()
	}
}

func (m *Metrics) remember() {
	if m != nil {
		m.remembered.Inc()
	}
}
