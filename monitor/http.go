// Package monitor tells how a server does: over HTTP to balancers and Prometheus,
// and as a report to people. It knows no other package of the server; what there is
// to tell it is given.
package monitor

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Times of the HTTP server.
const (
	headerTime = 5 * time.Second
	answerTime = 30 * time.Second
	// probeTime bounds how long a look at what the server stands on takes.
	probeTime = 2 * time.Second
	// probeAge is how old its outcome may be, so that many probes cost no more than
	// one.
	probeAge = time.Second
	// maxScrapes is how many requests for metrics are answered at a time.
	maxScrapes = 4
)

// Options say what is told.
type Options struct {
	Metrics prometheus.Gatherer
	// Ready answers why the server should get no connections now, nil if it may.
	// It is asked once a second at most.
	Ready func(context.Context) error
	// Draining reports whether the server is going down; it is asked each time.
	Draining func() bool
}

// NewServer answers an HTTP server, which listens nowhere yet, with three pages:
// /livez says that the process runs, /readyz whether it should get connections, as
// 200 or 503 with the reason in a line of text, and /metrics has all metrics for
// Prometheus.
func NewServer(o Options) *http.Server {
	p := &probe{options: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := p.ready(r.Context()); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes, Timeout: answerTime / 2}))
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: answerTime,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text) // a client that has gone does not want it
}

// probe keeps the outcome of the last look for a moment.
type probe struct {
	options Options
	mu      struct {
		sync.Mutex
		at  time.Time
		err error
	}
}

// ready answers why the server should get no connections. Who asks while another's
// look is under way waits for that one.
func (p *probe) ready(ctx context.Context) error {
	if p.options.Draining != nil && p.options.Draining() {
		return fmt.Errorf("draining")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.Ready == nil || !p.mu.at.IsZero() && time.Since(p.mu.at) < probeAge {
		return p.mu.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
	defer cancel()
	p.mu.err = p.options.Ready(ctx)
	p.mu.at = time.Now()
	return p.mu.err
}
