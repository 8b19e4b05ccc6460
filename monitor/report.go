package monitor

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Report is how a server does, for people and as JSON.
type Report struct {
	Version  string             `json:"version"`
	Host     string             `json:"host"`
	PID      int                `json:"pid"`
	Started  time.Time          `json:"started"`
	NotReady string             `json:"not_ready,omitempty"` // why it should get no connections
	Waiting  string             `json:"waiting,omitempty"`   // what changes wait for, and how long
	Engine   string             `json:"engine"`
	Nodes    []Node             `json:"nodes"`           // of the store
	Alone    string             `json:"alone,omitempty"` // why the other nodes do not hear of this one
	Rates    map[string]float64 `json:"rates"`           // of counters, a second, over the last minute or since the start
	Metrics  []Metric           `json:"metrics"`
	Problems []Problem          `json:"problems"` // the last warnings and errors, oldest first
}

// Node is a node that shares the store.
type Node struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Self    bool      `json:"self"`
}

// Metric is one number, or how numbers are distributed.
type Metric struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	Value  float64           `json:"value"` // of a distribution the sum
	// Of a distribution:
	Count  uint64  `json:"count,omitempty"`
	Median float64 `json:"median,omitempty"` // upper bounds
	P99    float64 `json:"p99,omitempty"`
}

// Metrics answers all that g has, in the order of names.
func Metrics(g prometheus.Gatherer) ([]Metric, error) {
	families, err := g.Gather()
	var list []Metric
	for _, f := range families {
		for _, m := range f.GetMetric() {
			one := Metric{Name: f.GetName(), Labels: labels(m)}
			switch {
			case m.Counter != nil:
				one.Value = m.Counter.GetValue()
			case m.Gauge != nil:
				one.Value = m.Gauge.GetValue()
			case m.Untyped != nil:
				one.Value = m.Untyped.GetValue()
			case m.Histogram != nil:
				one.Value, one.Count = m.Histogram.GetSampleSum(), m.Histogram.GetSampleCount()
				one.Median, one.P99 = quantile(m.Histogram, .5), quantile(m.Histogram, .99)
			default:
				continue
			}
			if !math.IsNaN(one.Value) && !math.IsInf(one.Value, 0) { // JSON has no word for these
				list = append(list, one)
			}
		}
	}
	return list, err
}

func labels(m *dto.Metric) map[string]string {
	if len(m.GetLabel()) == 0 {
		return nil
	}
	all := make(map[string]string, len(m.GetLabel()))
	for _, l := range m.GetLabel() {
		all[l.GetName()] = l.GetValue()
	}
	return all
}

// quantile answers the upper bound of the bucket in which the q-th part of the
// observations ends; of the last bucket, which has none, its lower one.
func quantile(h *dto.Histogram, q float64) float64 {
	want := q * float64(h.GetSampleCount())
	bound := 0.0
	for _, b := range h.GetBucket() {
		if math.IsInf(b.GetUpperBound(), 0) {
			break
		}
		bound = b.GetUpperBound()
		if float64(b.GetCumulativeCount()) >= want {
			break
		}
	}
	return bound
}

// Sum adds up the values of the metrics of a name whose labels are as given, in
// pairs of name and value.
func (r *Report) Sum(name string, labels ...string) float64 {
	sum := 0.0
	for _, m := range r.Metrics {
		if m.Name != name {
			continue
		}
		fits := true
		for i := 0; i+1 < len(labels); i += 2 {
			fits = fits && m.Labels[labels[i]] == labels[i+1]
		}
		if fits {
			sum += m.Value
		}
	}
	return sum
}
