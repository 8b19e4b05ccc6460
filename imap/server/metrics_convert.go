package server

import (
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante/convert"
)

// conversionMetrics makes the metrics of CONVERT (RFC 5259).
func conversionMetrics() (*prometheus.CounterVec, *prometheus.HistogramVec) {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "restante_imap_conversions_total",
			Help: "Parts that clients asked to be converted: converted, kept from before, refused, put off, or failed.",
		}, []string{"kind", "result"}),
		prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "restante_imap_conversion_seconds", Help: "Time that a conversion took, with its waiting.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 30},
		}, []string{"kind"})
}

// converted counts a conversion of a part of a media type. One that was kept from
// before took no time.
func (m *Metrics) converted(mediaType string, kept bool, began time.Time, err error) {
	if m == nil {
		return
	}
	kind, _, _ := strings.Cut(strings.ToLower(mediaType), "/")
	if kind != "text" && kind != "image" {
		kind = "other"
	}
	result := "converted"
	var refused *convert.Error
	switch {
	case kept:
		result = "kept"
	case errors.As(err, &refused) && refused.Kind == convert.TempFail:
		result = "put off"
	case errors.As(err, &refused):
		result = "refused"
	case err != nil:
		result = "failed"
	}
	m.conversions.WithLabelValues(kind, result).Inc()
	if !kept {
		m.conversionSeconds.WithLabelValues(kind).Observe(time.Since(began).Seconds())
	}
}
