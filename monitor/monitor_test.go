package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

func TestPages(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "things_total"})
	registry.MustRegister(c, Collect(func() int { return 7 }, []Number[int]{
		{Name: "size", Value: func(n int) float64 { return float64(n) }},
		{Name: "sizes_total", Counter: true, Value: func(n int) float64 { return float64(2 * n) }},
	}))
	c.Add(3)
	var draining atomic.Bool
	var problem atomic.Pointer[error]
	ready := func(context.Context) error {
		if p := problem.Load(); p != nil {
			return *p
		}
		return nil
	}
	server := func() http.Handler {
		return NewServer(Options{Metrics: registry, Ready: ready, Draining: draining.Load}).Handler
	}
	h := server()
	for path, want := range map[string]string{"/livez": "200 alive\n", "/readyz": "200 ready\n", "/other": "404 404 page not found\n"} {
		if code, text := get(t, h, path); fmt.Sprint(code, " ", text) != want {
			t.Errorf("%s: %d %q", path, code, text)
		}
	}
	code, text := get(t, h, "/metrics")
	for _, line := range []string{"things_total 3\n", "size 7\n", "# TYPE size gauge\n", "sizes_total 14\n", "# TYPE sizes_total counter\n"} {
		if code != 200 || !strings.Contains(text, line) {
			t.Errorf("no %q in %d %s", line, code, text)
		}
	}
	err := errors.New("the store does not answer")
	problem.Store(&err)
	h = server() // which has not looked yet
	if code, text := get(t, h, "/readyz"); code != 503 || text != "the store does not answer\n" {
		t.Errorf("%d %q", code, text)
	}
	if code, _ := get(t, h, "/livez"); code != 200 {
		t.Errorf("a process that is not ready lives all the same: %d", code)
	}
	draining.Store(true)
	if code, text := get(t, h, "/readyz"); code != 503 || text != "draining\n" {
		t.Errorf("%d %q", code, text)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/livez", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
}

// TestProbesAreShared: many probes at a time cost one look.
func TestProbesAreShared(t *testing.T) {
	var looks atomic.Int64
	h := NewServer(Options{Metrics: prometheus.NewRegistry(), Ready: func(context.Context) error { looks.Add(1); return nil }}).Handler
	for range 50 {
		get(t, h, "/readyz")
	}
	// The machine may be slow: one look a second is allowed.
	if n := looks.Load(); n > 10 {
		t.Errorf("%d looks", n)
	}
}

func TestReport(t *testing.T) {
	registry := prometheus.NewRegistry()
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "c_total"}, []string{"a", "b"})
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h", Buckets: []float64{1, 2, 4}})
	registry.MustRegister(v, h, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "nan"}, func() float64 { return 0 / zero() }))
	v.WithLabelValues("x", "1").Add(2)
	v.WithLabelValues("x", "2").Add(3)
	v.WithLabelValues("y", "1").Add(5)
	for range 98 {
		h.Observe(1.5)
	}
	h.Observe(3)
	h.Observe(9)
	metrics, err := Metrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Metrics: metrics}
	if r.Sum("c_total") != 10 || r.Sum("c_total", "a", "x") != 5 || r.Sum("c_total", "a", "x", "b", "2") != 3 || r.Sum("none") != 0 {
		t.Errorf("%+v", metrics)
	}
	for _, m := range metrics {
		if m.Name == "h" && (m.Count != 100 || m.Median != 2 || m.P99 != 4) {
			t.Errorf("%+v", m)
		}
		if m.Name == "nan" {
			t.Error("a number that JSON has no word for")
		}
	}
}

func zero() float64 { return 0 }

func TestRates(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "c_total"})
	registry.MustRegister(c)
	now := time.Unix(1e9, 0)
	r := NewRates(registry, func() time.Time { return now }, "c_total", "none_total")
	if got := r.PerSecond(); got["c_total"] != 0 {
		t.Error(got)
	}
	for range 12 {
		now = now.Add(sampleEvery)
		c.Add(50)
		r.keep(r.look())
	}
	if n := len(r.mu.samples); n > 8 {
		t.Errorf("%d samples are kept", n)
	}
	c.Add(300) // in the last minute and 10 s: 300 + 300
	now = now.Add(sampleEvery)
	got := r.PerSecond()
	if got["c_total"] < 8 || got["c_total"] > 10 || got["none_total"] != 0 {
		t.Error(got)
	}
}

func TestProblems(t *testing.T) {
	var p Problems
	var out bytes.Buffer
	log := slog.New(p.Handler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))).With("conn", 7)
	log.Info("quiet")
	log.Warn("careful", "what", "this")
	log.Error("bad", "error", errors.New(strings.Repeat("x", 2*problemText)))
	list := p.List()
	if len(list) != 2 || list[0].Text != "careful conn=7 what=this" || list[0].Level != slog.LevelWarn || len(list[1].Text) != problemText {
		t.Errorf("%+v", list)
	}
	if s := out.String(); strings.Contains(s, "careful") || !strings.Contains(s, "msg=bad conn=7") {
		t.Errorf("written: %s", s)
	}
	for range 2 * problemsKept {
		log.WithGroup("g").Error("again")
	}
	if list := p.List(); len(list) != problemsKept || list[0].Text != "again conn=7" {
		t.Errorf("%d, %+v", len(list), list[0])
	}
}
