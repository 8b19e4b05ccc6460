package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Rates looks at counters now and then, to tell how fast they rise.
type Rates struct {
	metrics prometheus.Gatherer
	names   []string
	now     func() time.Time
	mu      struct {
		sync.Mutex
		samples []sample // oldest first
	}
}

type sample struct {
	at     time.Time
	values []float64
}

// Of the samples of Rates.
const (
	sampleEvery = 10 * time.Second
	sampleSpan  = time.Minute
)

// NewRates answers rates of the counters of these names, each the sum over all
// labels. now is nil for time.Now.
func NewRates(g prometheus.Gatherer, now func() time.Time, names ...string) *Rates {
	if now == nil {
		now = time.Now
	}
	r := &Rates{metrics: g, names: names, now: now}
	r.mu.samples = []sample{r.look()}
	return r
}

// Run looks at the counters until ctx ends.
func (r *Rates) Run(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.keep(r.look())
		}
	}
}

func (r *Rates) look() sample {
	s := sample{at: r.now(), values: make([]float64, len(r.names))}
	families, err := r.metrics.Gather()
	if err != nil && len(families) == 0 {
		return s
	}
	for _, f := range families {
		for i, name := range r.names {
			if f.GetName() != name {
				continue
			}
			for _, m := range f.GetMetric() {
				s.values[i] += m.GetCounter().GetValue()
			}
		}
	}
	return s
}

// keep keeps a sample, and the last one that is older than sampleSpan.
func (r *Rates) keep(s sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.samples = append(r.mu.samples, s)
	for len(r.mu.samples) > 2 && s.at.Sub(r.mu.samples[1].at) >= sampleSpan {
		r.mu.samples = r.mu.samples[1:]
	}
}

// PerSecond answers by how much each counter has risen a second, over about the last
// minute.
func (r *Rates) PerSecond() map[string]float64 {
	now := r.look()
	r.mu.Lock()
	first := r.mu.samples[0]
	r.mu.Unlock()
	rates := make(map[string]float64, len(r.names))
	span := now.at.Sub(first.at).Seconds()
	for i, name := range r.names {
		if span > 0 {
			rates[name] = max(0, now.values[i]-first.values[i]) / span
		}
	}
	return rates
}
