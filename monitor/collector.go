package monitor

import "github.com/prometheus/client_golang/prometheus"

// Number is one metric of a struct of numbers.
type Number[S any] struct {
	Name, Help string
	Counter    bool // only rises; else a gauge
	Value      func(S) float64
}

// Collect makes metrics of a struct of numbers, which read answers when they are
// asked for.
func Collect[S any](read func() S, numbers []Number[S]) prometheus.Collector {
	c := &collector[S]{read: read, numbers: numbers}
	for _, n := range numbers {
		c.descs = append(c.descs, prometheus.NewDesc(n.Name, n.Help, nil, nil))
	}
	return c
}

type collector[S any] struct {
	read    func() S
	numbers []Number[S]
	descs   []*prometheus.Desc
}

func (c *collector[S]) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

func (c *collector[S]) Collect(to chan<- prometheus.Metric) {
	s := c.read()
	for i, n := range c.numbers {
		kind := prometheus.GaugeValue
		if n.Counter {
			kind = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(c.descs[i], kind, n.Value(s))
	}
}
