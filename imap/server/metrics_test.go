package server

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestMetrics counts commands by what they were answered, and sessions by what they
// do; what a client makes up is no label.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	h := newHost(t, hostOptions{imap: func(o *Options) { o.Metrics = m }})
	c := h.client(t)
	sessions := func(want string) {
		t.Helper()
		var got []string
		for at, name := range []string{loggedOut: "out", ready: "in", open: "open", idling: "idle"} {
			if name != "" && testutil.ToFloat64(m.sessions[at]) == 1 {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("a session is counted as %q, want %q", got, want)
		}
	}
	// The session is counted before it takes the next command.
	c.try("a WHATEVER")
	c.do("a NOOP")
	c.do("b LOGIN alice secret")
	c.do("c NOOP")
	sessions("in")
	c.do("d SELECT INBOX")
	c.try("e SELECT nosuch")
	c.do("f SELECT INBOX")
	c.do("g NOOP")
	sessions("open")
	c.send("h IDLE\r\n")
	c.expect("+ ")
	c.send("DONE\r\n")
	c.expect("h OK")
	c.do("i NOOP")
	c.do("j LOGOUT")
	c.closed()
	for command, want := range map[string][3]float64{"NOOP": {4, 0, 0}, "SELECT": {2, 1, 0}, "LOGIN": {1, 0, 0}, "IDLE": {1, 0, 0}} {
		one := m.commands[command]
		if got := [3]float64{testutil.ToFloat64(one.ok), testutil.ToFloat64(one.no), testutil.ToFloat64(one.bad)}; got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
	if got := testutil.ToFloat64(m.unknown.bad); got != 1 {
		t.Errorf("%v unknown commands", got)
	}
	if n, err := testutil.GatherAndCount(registry, "restante_imap_command_seconds"); err != nil || n < 4 {
		t.Errorf("%d, %v", n, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.Contains(f.String(), "WHATEVER") || strings.Contains(f.String(), "alice") {
			t.Errorf("a client has put a word into %s", f.GetName())
		}
	}
}

// BenchmarkPipelinedNoopCounted is BenchmarkPipelinedNoop with metrics.
func BenchmarkPipelinedNoopCounted(b *testing.B) {
	m := NewMetrics(prometheus.NewRegistry())
	h := newHost(b, hostOptions{imap: func(o *Options) { o.Metrics = m }})
	c := h.login(b, "alice")
	b.ReportAllocs()
	go func() {
		for range b.N {
			c.send("a1 NOOP\r\n")
		}
	}()
	for range b.N {
		c.expect("a1 OK")
	}
}
